import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { API } from '@postrider/contract/api'
import { DELIVERY } from '@postrider/contract/delivery'
import { INGRESS } from '@postrider/contract/ingress'
import { NOTIFIER } from '@postrider/contract/notifier'
import { plan } from '@postrider/plan/plan'
import { MailPlatformSpec } from '@postrider/resources/mail-platform'
import { sandboxProgram, servicePrograms } from './programs.ts'
import { SANDBOX } from './sandbox/settings.ts'

const state = mkdtempSync(join(tmpdir(), 'programs-'))
const certificate = { certFile: '/tls.crt', keyFile: '/tls.key' }
const CONTRACTS = { ingress: INGRESS, delivery: DELIVERY, notifier: NOTIFIER, api: API }

function programs() {
  const spec = MailPlatformSpec.parse({ hostName: 'mail.sender.test', ingress: { replicas: 2 }, broker: { shards: 7 } })
  const platform = { kind: 'MailPlatform' as const, namespace: 'default', name: 'mail', origin: '', spec }
  const planned = plan([platform], { verifiers: new Map(), dkimKeys: new Map(), senders: new Map() })
  assert.ok('plan' in planned)
  return servicePrograms({
    state,
    deployment: planned.plan.deployment,
    access: (user) => ({ servers: ['nats://127.0.0.1:4222'], user, password: `password of ${user}` }),
    certificates: { first: certificate, further: [] },
    platformKeyFile: '/platform.key',
    finalReplyMs: () => 600_000,
  })
}

test('each service can read the environment of its processes, and each process has its own telemetry port', () => {
  const started = programs().map(({ name, env = {}, telemetryPort }) => {
    const service = name.replace(/-\d+$/, '') as keyof typeof CONTRACTS
    const { broker, shards, telemetry } = CONTRACTS[service].read(env)
    assert.deepEqual(broker, {
      servers: ['nats://127.0.0.1:4222'],
      user: service,
      password: `password of ${service}`,
    })
    assert.equal(shards, 7)
    assert.deepEqual(telemetry, { host: '127.0.0.1', port: telemetryPort })
    return [name, telemetryPort]
  })
  assert.deepEqual(started, [
    ['notifier', 19464],
    ['api-0', 19474],
    ['delivery-0', 19484],
    ['ingress-0', 19504],
    ['ingress-1', 19505],
  ])
})

test('an ingress watches the disk of the state folder', () => {
  const ingress = programs().find(({ name }) => name === 'ingress-0')
  assert.equal(INGRESS.read(ingress?.env ?? {}).queueFolder, state)
})

test('the sandbox can read its environment', () => {
  const { env = {} } = sandboxProgram(state, 1525, certificate)
  assert.deepEqual(SANDBOX.read(env), { port: 1525, folder: `${state}-sandbox`, certificate })
})
