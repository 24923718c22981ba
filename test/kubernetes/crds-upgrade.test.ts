import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { readResource } from '@postrider/resources/read'
import type { Kind } from '@postrider/resources/kinds'
import { apiServerMissing } from '../support/api-server.ts'
import { LEAST } from './crds-pairs.ts'
import { define, definitions, refusalOf, startCrdWorld } from './crds-world.ts'
import type { CrdWorld, Stored } from './crds-world.ts'
import { manifest } from '../support/manifest.ts'

/** The CRDs as a user's cluster may have them; more are added beside them when a release is made. */
const EARLIER = join(import.meta.dirname, 'crds-earlier')

const KNOWN_EARLIER = new Set(definitions(EARLIER).map(({ spec }) => spec.names.kind))
const wasThere = (kind: Kind): boolean => KNOWN_EARLIER.has(kind)

/** Stored before today's CRDs were there. Of those in REFUSED today's rules would take none. */
const OBJECTS: [Kind, string, Record<string, unknown>][] = [
  ...(Object.entries(LEAST) as [Kind, Record<string, unknown>][])
    .filter(([kind]) => wasThere(kind))
    .map(([kind, spec]) => [kind, 'least', spec] as [Kind, string, Record<string, unknown>]),
  [
    'MailPlatform',
    'whole',
    {
      hostName: 'mail.example.test',
      ingress: {
        replicas: 2,
        listeners: [
          { mode: 'ImplicitTLS', port: 1465 },
          { mode: 'TrustedNetworks', port: 2525, networks: ['10.0.0.0/8'], credential: 'relay@example.test' },
        ],
        service: { type: 'LoadBalancer', loadBalancerSourceRanges: ['192.0.2.0/24'] },
        autoscaling: { minReplicas: 1, maxReplicas: 4 },
        resources: { requests: { cpu: '250m', memory: '128Mi' }, limits: { cpu: '1', memory: '512Mi' } },
      },
      tenants: { namespaces: { from: 'Selector', selector: { matchLabels: { mail: 'yes' } } } },
      dns: { resolvers: ['192.0.2.1:5353'] },
      broker: { shards: 2, replicas: 3 },
    },
  ],
  [
    'Domain',
    'whole',
    {
      domainName: 'whole.test',
      dkim: { algorithms: ['Ed25519'], rotation: { request: 'may', overlap: '3d' } },
      allowedSenders: ['*@whole.test'],
      limitRef: { name: 'least' },
      retention: '7d',
    },
  ],
  ['SMTPCredential', 'whole', { ...LEAST.SMTPCredential, secretName: 'login', rotation: { request: 'may' } }],
  ['DestinationPolicy', 'whole', { match: { domains: ['*.test'] }, poolRef: { name: 'least' }, tls: 'Required' }],
]
const REFUSED: [Kind, string, Record<string, unknown>][] = [
  ['Domain', 'twice', { domainName: 'twice.test', dkim: { algorithms: ['RSA2048', 'RSA2048'] } }],
  ['Domain', 'dotted.name', { domainName: 'dotted.test' }],
  ['Domain', 'long-'.repeat(14) + 'name', { domainName: 'long.test' }],
  [
    'MailPlatform',
    'loose',
    { hostName: 'mail.example.test', ingress: { listeners: [{ mode: 'TrustedNetworks', port: 2525 }] } },
  ],
  [
    'MailPlatform',
    'greedy',
    { hostName: 'mail.example.test', delivery: { resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } } },
  ],
]
const OLD_STATUS = {
  observedGeneration: 1,
  conditions: [
    { type: 'Ready', status: 'True', reason: 'Ready', message: '', lastTransitionTime: '2030-01-01T00:00:00Z' },
  ],
  // Then the status could hold anything.
  phase: 'Running',
}

describe('objects that an earlier version stored', { skip: apiServerMissing() }, () => {
  let world: CrdWorld
  const storedThen = new Map<string, Stored>()
  const keyOf = (kind: Kind, name: string): string => `${kind} ${name}`

  before(async () => {
    world = await startCrdWorld(definitions(EARLIER))
    for (const [kind, name, spec] of [...OBJECTS, ...REFUSED]) {
      await world.create(kind, name, spec)
      const path = `${world.path(kind, name)}/status`
      await merge(path, { status: OLD_STATUS })
      storedThen.set(keyOf(kind, name), await world.get(kind, name))
    }
    await define(world, definitions())
  })
  after(() => world.stop())

  const merge = (path: string, body: object) =>
    world.cluster.request<Stored>('PATCH', path, { body, contentType: 'application/merge-patch+json' })

  for (const [kind, name] of [...OBJECTS, ...REFUSED])
    test(`${kind} ${name} is there with all that was wished for, and can be worked with`, async () => {
      const { spec } = storedThen.get(keyOf(kind, name)) ?? {}
      const now = await world.get(kind, name)
      // Fields that are new since then have their defaults, as the next test sees.
      assert.partialDeepStrictEqual(now.spec, spec)
      const path = world.path(kind, name)
      await merge(path, { metadata: { labels: { seen: 'yes' } } })
      const condition = { ...OLD_STATUS.conditions[0], reason: 'Again', observedGeneration: 1 }
      const { status } = await merge(`${path}/status`, { status: { conditions: [condition] } })
      assert.deepEqual(status, { observedGeneration: 1, conditions: [condition] })
    })

  for (const [kind, name] of OBJECTS)
    test(`${kind} ${name} is read by today's schema, with today's defaults`, async () => {
      const { spec } = await world.get(kind, name)
      const read = readResource(manifest(kind, name, spec), 'test')
      assert.ok('resource' in read, JSON.stringify(read))
      // Recreated from the same request, it is the same.
      const [, , asked] = OBJECTS.find(([other, same]) => other === kind && same === name) ?? []
      const fresh = await world.create(kind, `${name}-again`, asked)
      assert.deepEqual(fresh.spec, spec)
    })

  for (const [kind, name, spec] of REFUSED)
    test(`${kind} ${name}, which would be refused today, can be changed elsewhere and can be put right`, async () => {
      assert.match(await refusalOf(world.create(kind, `${name}-again`, spec)), /is invalid/)
      const path = world.path(kind, name)
      const change = kind === 'Domain' ? { retention: '1d' } : { retry: { firstDelay: '1m' } }
      await merge(path, { spec: change })
      const right =
        kind === 'Domain'
          ? { dkim: { algorithms: [] } }
          : { ingress: { listeners: null }, delivery: { resources: null } }
      const { spec: righted } = await merge(path, { spec: right })
      assert.equal('resource' in readResource(manifest(kind, 'x', righted), 'test'), true)
    })
})
