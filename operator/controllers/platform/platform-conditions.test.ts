import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { V1Deployment } from '@kubernetes/client-node'
import type { Finding } from '@postrider/kubernetes/status/conditions'
import type { Wire } from '@postrider/kubernetes/object/object'
import { MailPlatformSpec } from '@postrider/resources/mail-platform'
import type { Component } from '../../shapes/names.ts'
import { notTheOldest, notValid, platformFields, platformFindings } from './platform-conditions.ts'
import type { PlatformEvidence } from './platform-conditions.ts'

const platform = (replicas = 2) => ({
  kind: 'MailPlatform' as const,
  namespace: 'mail',
  name: 'main',
  origin: '',
  spec: MailPlatformSpec.parse({ hostName: 'mail.sender.test', api: { replicas } }),
})
/** A Deployment of 2 pods, of which `ready` are ready. */
const pods = (ready: number, status: object = {}): Wire<V1Deployment> => ({
  metadata: { generation: 4 },
  spec: { replicas: 2, selector: {}, template: {} },
  status: { readyReplicas: ready, updatedReplicas: 2, observedGeneration: 4, ...status },
})
const WELL: PlatformEvidence = {
  published: {
    broker: { ok: true, message: 'connected' },
    config: { ok: true, message: 'published' },
    domains: 3,
    credentials: 5,
  },
  waiting: undefined,
  deployments: { ingress: pods(2), delivery: pods(2), notifier: pods(2), api: pods(2) },
  certificate: { type: 'CertificateReady', status: 'True', reason: 'Valid', message: '' },
}
const without = (component: Component): PlatformEvidence['deployments'] =>
  Object.fromEntries(Object.entries(WELL.deployments).filter(([name]) => name !== component))
const byType = (findings: Finding[]): Record<string, string> =>
  Object.fromEntries(findings.map(({ type, status, reason }) => [type, `${status} ${reason}`]))
const said = (change: Partial<PlatformEvidence>) => byType(platformFindings(platform(), { ...WELL, ...change }))

test('a platform where all is well is ready', () => {
  assert.deepEqual(said({}), {
    Accepted: 'True Valid',
    BrokerReady: 'True Connected',
    ConfigPublished: 'True Published',
    IngressReady: 'True AllPods',
    DeliveryReady: 'True AllPods',
    NotifierReady: 'True AllPods',
    ApiReady: 'True AllPods',
    CertificateReady: 'True Valid',
    Ready: 'True Ready',
  })
})

test('a component is ready with some of its pods, and not with none', () => {
  const ingress = (found: Wire<V1Deployment> | undefined) => {
    const deployments = { ...without('ingress'), ...(found === undefined ? {} : { ingress: found }) }
    return said({ deployments })['IngressReady']
  }
  assert.equal(ingress(pods(1)), 'True SomePods')
  assert.equal(ingress(pods(2, { updatedReplicas: 1 })), 'True SomePods')
  assert.equal(ingress(pods(2, { observedGeneration: 3 })), 'True SomePods', 'a status of what was wanted before')
  assert.equal(ingress(pods(0)), 'False NoPods')
  assert.equal(ingress(undefined), 'False NoPods')
})

test('what is wrong first gives the reason why a platform is not ready, and all of it is in the message', () => {
  const published = { ...WELL.published, broker: { ok: false, message: 'refused' } }
  const findings = platformFindings(platform(), {
    ...WELL,
    published,
    deployments: { ...WELL.deployments, delivery: pods(0) },
  })
  const ready = findings.at(-1)
  assert.deepEqual([ready?.type, ready?.status, ready?.reason], ['Ready', 'False', 'Unreachable'])
  assert.match(ready?.message ?? '', /^BrokerReady: refused; DeliveryReady: 0 of 2/)
})

test('a platform is ready without the HTTP service, which has no condition where it is not wanted', () => {
  const deployments = without('api')
  assert.equal(said({ deployments })['ApiReady'], 'False NoPods')
  assert.equal(said({ deployments })['Ready'], 'True Ready')
  assert.equal('ApiReady' in byType(platformFindings(platform(0), WELL)), false)
})

test('services that wait for the broker to load its accounts are the reason, unless the broker is away', () => {
  assert.equal(said({ waiting: 'n-0 is stale' })['BrokerReady'], 'False AccountsNotLoaded')
  const published = { ...WELL.published, broker: { ok: false, message: 'refused' } }
  assert.equal(said({ waiting: 'n-0 is away', published })['BrokerReady'], 'False Unreachable')
})

test('a platform that is not served says so, and nothing else', () => {
  assert.deepEqual(byType(notTheOldest()), {
    Accepted: 'False OlderPlatformExists',
    Ready: 'False OlderPlatformExists',
  })
  const invalid = notValid([
    { path: 'spec.hostName', problem: 'is missing' },
    { path: 'spec.api', problem: 'is 1' },
  ])
  assert.deepEqual(byType(invalid), { Accepted: 'False Invalid', Ready: 'False Invalid' })
  assert.equal(invalid[0]?.message, 'spec.hostName is missing; spec.api is 1')
})

test('the status counts pods and tenants, and says when the first certificate ends', () => {
  const fields = platformFields(platform(), { ...WELL, deployments: { ingress: pods(1) } }, 0)
  assert.deepEqual(fields, {
    ingressReplicas: 1,
    deliveryReplicas: 0,
    selector: 'app.kubernetes.io/name=postrider,app.kubernetes.io/instance=main,app.kubernetes.io/component=delivery',
    domains: 3,
    credentials: 5,
    certificateNotAfter: '1970-01-01T00:00:00.000Z',
  })
  assert.equal('certificateNotAfter' in platformFields(platform(), WELL, undefined), false)
})
