import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountsSecret, BROKER_ACCOUNTS } from './accounts-secret.ts'

const passwords = Object.fromEntries(BROKER_ACCOUNTS.map((account) => [account, `pw-${account}`]))
const ONE = ['nats://rel-nats-0.rel-nats-servers.mail.svc:4222']
const THREE = [0, 1, 2].map((number) => `tls://rel-nats-${number}.rel-nats-servers.mail.svc:4222`)

test('the tag follows everything that a server is to read again', () => {
  const inputs = { passwords, servers: ONE, beside: ['configuration', 'certificate'] }
  const { tag, data } = accountsSecret(inputs)
  assert.equal(accountsSecret({ ...inputs }).tag, tag)
  assert.match(data['nats.conf.auth'] ?? '', new RegExp(`^server_tags: \\["${tag}"\\]`))
  for (const changed of [
    { ...inputs, passwords: { ...passwords, api: 'another' } },
    { ...inputs, servers: THREE },
    { ...inputs, beside: ['configuration', 'renewed'] },
  ])
    assert.notEqual(accountsSecret(changed).tag, tag)
})

test('routes have a password where there are several servers', () => {
  assert.equal(accountsSecret({ passwords, servers: ONE, beside: [] }).data['routes.conf'], undefined)
  const routes = accountsSecret({ passwords, servers: THREE, beside: [] }).data['routes.conf'] ?? ''
  assert.match(routes, /^authorization \{ user: route, password: "pw-route" \}$/m)
  for (const number of [0, 1, 2])
    assert.match(routes, new RegExp(`"nats://route:pw-route@rel-nats-${number}\\.rel-nats-servers\\.mail\\.svc:6222"`))
})
