import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { apiServerMissing, startApiServer } from '../support/api-server.ts'
import type { ApiServer } from '../support/api-server.ts'
import { kubectlMissing, newPerson } from './kubectl-plugin-person.ts'
import type { Person } from './kubectl-plugin-person.ts'
import { manifest } from '../support/manifest.ts'

const skip = apiServerMissing() || kubectlMissing()
const ROOT = join(import.meta.dirname, '..', '..')
const CRDS = join(ROOT, 'crds')
const PAGE = join(ROOT, 'docs', 'kubernetes', 'kubectl.md')
const COMMANDS = [['status'], ['dns', 'site'], ['credentials'], ['suspend', 'domain/site'], ['queue', 'ls']]

describe('kubectl postrider where there is no platform', { skip }, () => {
  let server: ApiServer
  let person: Person

  before(async () => {
    server = await startApiServer()
    person = newPerson()
  })
  after(async () => {
    person.leave()
    await server.stop()
  })
  /** Fails with exit code 2, nothing on the standard output, and no stack trace. */
  async function refused(kubeconfig: string | undefined, args: string[], expected: RegExp): Promise<void> {
    const { code, out, err } = await person.postrider(kubeconfig, ...args)
    assert.deepEqual([code, out], [2, ''], `${args.join(' ')}: ${err}`)
    assert.match(err, expected)
    assert.doesNotMatch(err, /^ {4}at /m)
  }

  test('without a kubeconfig, or with an unusable one, it says which was looked for', async () => {
    await refused(
      undefined,
      ['status'],
      /no cluster is configured: KUBECONFIG is not set and .*\.kube\/config does not exist/,
    )
    await refused('/nowhere/config', ['status'], /\/nowhere\/config does not exist/)
    await refused(person.file('broken', 'clusters: ['), ['status'], /broken is not a usable kubeconfig/)
    await refused(server.kubeconfig, ['status', '--context', 'tset'], /no context tset; did you mean test\?/)
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'no-such-login', interactiveMode: 'Never' }
    const login = kubeconfigOf(server.url, { exec })
    await refused(
      person.file('login', login),
      ['status'],
      /login configured in the kubeconfig does not work.*no-such-login/,
    )
  })

  test('an unknown command is answered with the one that may be meant', async () => {
    await refused(server.kubeconfig, ['stauts'], /unknown command stauts; did you mean status\?/)
    await refused(
      server.kubeconfig,
      ['status', '--everywhere'],
      /--everywhere.*\n\nkubectl postrider: inspects Postrider/s,
    )
    await refused(server.kubeconfig, ['status', '-o', 'yaml'], /use -o json/)
    await refused(server.kubeconfig, [], /^kubectl postrider: inspects Postrider/)
    const help = await person.postrider(undefined, '--help')
    assert.deepEqual([help.code, help.err], [0, ''])
    assert.ok(
      readFileSync(PAGE, 'utf8').includes(`\`\`\`\n${help.out}\`\`\`\n`),
      'docs/kubernetes/kubectl.md has another help',
    )
    for (const [name = ''] of COMMANDS) assert.ok(help.out.includes(`kubectl postrider ${name}`), name)
  })

  test('an API server that nobody listens for, and one that does not know the caller', async () => {
    // Port 1 of loopback is nobody's.
    const away = person.file('away', kubeconfigOf('https://127.0.0.1:1', { token: 'x' }))
    for (const args of COMMANDS) await refused(away, args, /ECONNREFUSED.*\n {2}-> the API server does not answer/)
    const stranger = person.file('stranger', kubeconfigOf(server.url, { token: 'x' }))
    await refused(stranger, ['status'], /Unauthorized\n {2}-> the cluster does not recognize your login/)
  })

  test('without the resource definitions: that Postrider is not installed', async () => {
    for (const args of COMMANDS) await refused(server.kubeconfig, args, /-> Postrider is not installed in this cluster/)
  })

  test('without a MailPlatform: that one is to be made, and no more of what only follows from that', async () => {
    await person.kubectl(server.kubeconfig, 'apply', '--server-side', '-f', CRDS)
    await person.kubectl(server.kubeconfig, 'wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s')
    const site = manifest('Domain', 'site', { domainName: 'shop.test' }, 'default')
    await person.kubectl(server.kubeconfig, 'apply', '-f', person.file('site.json', site))
    const { code, out, err } = await person.postrider(server.kubeconfig, 'status', '--json')
    assert.deepEqual([code, err], [1, ''])
    const { problems } = JSON.parse(out) as { problems: { kind: string; reason: string }[] }
    assert.deepEqual(
      problems.map(({ kind, reason }) => `${kind} ${reason}`),
      ['MailPlatform NoPlatform'],
    )
    // It has not been processed, so there are no records, and that is not a success.
    const records = await person.postrider(server.kubeconfig, 'dns', 'site')
    assert.equal(records.code, 1)
    assert.match(records.out, /has no records yet\nReady NotObserved/)
    await refused(server.kubeconfig, ['queue', 'ls'], /no Secret default\/postrider-broker-accounts/)
  })
})

/** Of a cluster whose certificate is not looked at. */
const kubeconfigOf = (server: string, user: object) => ({
  apiVersion: 'v1',
  kind: 'Config',
  'current-context': 'test',
  clusters: [{ name: 'test', cluster: { server, 'insecure-skip-tls-verify': true } }],
  contexts: [{ name: 'test', context: { cluster: 'test', user: 'me' } }],
  users: [{ name: 'me', user }],
})
