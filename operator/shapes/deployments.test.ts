import assert from 'node:assert/strict'
import { test } from 'node:test'
import { API } from '@postrider/contract/api'
import { BROKER_PASSWORD } from '@postrider/contract/broker'
import { DELIVERY } from '@postrider/contract/delivery'
import { INGRESS } from '@postrider/contract/ingress'
import { NOTIFIER } from '@postrider/contract/notifier'
import { MailPlatformSpec } from '@postrider/resources/mail-platform'
import { deploymentsOf } from './deployments.ts'
import type { Component } from './names.ts'

const platform = {
  kind: 'MailPlatform' as const,
  namespace: 'mail',
  name: 'main',
  origin: '',
  spec: MailPlatformSpec.parse({
    hostName: 'mail.sender.test',
    broker: { shards: 7 },
    api: { publicHost: 'setup.sender.test' },
    ingress: { tls: { secretName: 'first', further: [{ secretName: 'second' }], clientCA: { secretName: 'clients' } } },
  }),
}
const SURROUNDINGS = {
  image: 'postrider:1',
  imagePullPolicy: 'Always' as const,
  imagePullSecrets: [],
  brokerServers: ['tls://nats-0.nats:4222', 'tls://nats-1.nats:4222'],
  brokerTlsSecret: 'broker-tls',
}

/** Environment of a component's container; a variable from a Secret has the name of its key as value. */
function environmentOf(component: Component): Record<string, string> {
  const found = deploymentsOf({ platform, surroundings: SURROUNDINGS }).find(
    ({ metadata }) => metadata?.name === `main-${component}`,
  )
  const [container] = found?.spec?.template.spec?.containers ?? []
  return Object.fromEntries(
    (container?.env ?? []).map(({ name, value, valueFrom }) => [
      name,
      value ?? `key ${valueFrom?.secretKeyRef?.key ?? 'none'} of ${valueFrom?.secretKeyRef?.name ?? 'none'}`,
    ]),
  )
}

test('each service can read what its pods are started with', () => {
  const contracts = { ingress: INGRESS, delivery: DELIVERY, notifier: NOTIFIER, api: API }
  for (const [component, contract] of Object.entries(contracts)) {
    const { broker, shards, telemetry } = contract.read(environmentOf(component as Component))
    assert.deepEqual(broker, {
      servers: SURROUNDINGS.brokerServers,
      user: component,
      password: `key password of main-broker-${component}`,
      tls: { caFile: '/etc/postrider/broker/ca.crt' },
    })
    assert.equal(shards, 7)
    assert.deepEqual(telemetry, { host: '0.0.0.0', port: 9464 })
  }
})

test('the broker password is in no Deployment', () => {
  const [ingress] = deploymentsOf({ platform, surroundings: SURROUNDINGS })
  const variables = ingress?.spec?.template.spec?.containers[0]?.env ?? []
  const password = variables.filter(({ name }) => name === BROKER_PASSWORD.name)
  assert.deepEqual(password, [
    { name: BROKER_PASSWORD.name, valueFrom: { secretKeyRef: { name: 'main-broker-ingress', key: 'password' } } },
  ])
})

test('an ingress is started with its listeners and certificates', () => {
  const { listeners, certificates, platformKeyFile } = INGRESS.read(environmentOf('ingress'))
  assert.deepEqual(
    listeners.map(({ kind, port }) => [kind, port]),
    [
      ['submissions', 1465],
      ['submission', 1587],
    ],
  )
  const files = (folder: string) => ({ certFile: `${folder}/tls.crt`, keyFile: `${folder}/tls.key` })
  assert.deepEqual(certificates, {
    first: files('/etc/postrider/tls'),
    further: [files('/etc/postrider/tls-further/0')],
    clientCaFile: '/etc/postrider/tls-client-ca/ca.crt',
  })
  assert.equal(platformKeyFile, '/etc/postrider/key/key')
})

test('the HTTP service tells clients the ports of the Service', () => {
  const { submission, publicHost } = API.read(environmentOf('api'))
  assert.equal(publicHost, 'setup.sender.test')
  assert.deepEqual(submission, { host: 'main-ingress.mail.svc', implicitTls: 465, startTls: 587 })
})
