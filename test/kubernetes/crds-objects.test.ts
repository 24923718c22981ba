import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { ApiError } from '@postrider/kubernetes/transport/errors'
import { KINDS } from '@postrider/kubernetes/object/kinds'
import { readResource } from '@postrider/resources/read'
import type { Kind } from '@postrider/resources/kinds'
import { apiServerMissing } from '../support/api-server.ts'
import { LEAST, PAIRS } from './crds-pairs.ts'
import { definitions, refusalOf, startCrdWorld } from './crds-world.ts'
import type { CrdWorld, Stored } from './crds-world.ts'
import { manifest } from '../support/manifest.ts'

const ALL = Object.keys(LEAST) as Kind[]
const STRICT = { fieldValidation: 'Strict' }

describe('objects of the CRDs', { skip: apiServerMissing() }, () => {
  let world: CrdWorld
  let count = 0
  const named = (): string => `sample-${count++}`
  before(async () => {
    world = await startCrdWorld()
  })
  after(() => world.stop())

  const patch = (path: string, body: unknown, query = {}, contentType = 'application/merge-patch+json') =>
    world.cluster.request<Stored>('PATCH', path, { query, body, contentType })
  const apply = (kind: Kind, name: string, spec: unknown, fieldManager: string, force = false) =>
    patch(world.path(kind, name), manifest(kind, name, spec), { fieldManager, force }, 'application/apply-patch+yaml')

  for (const kind of ALL) {
    test(`the API server fills in what the schemas do: ${kind}`, async () => {
      const goods = Object.values(PAIRS[kind]).flatMap(({ good }) =>
        Array.isArray(good) ? good : typeof good.name === 'string' ? [] : [good],
      )
      for (const spec of [LEAST[kind], ...goods]) {
        const read = readResource(manifest(kind, 'x', spec), 'test')
        assert.ok('resource' in read, JSON.stringify(read))
        const stored = await world.create(kind, named(), spec)
        assert.deepEqual(stored.spec, JSON.parse(JSON.stringify(read.resource.spec)))
      }
    })

    test(`a field that there is not is an error, or left out where the client wants it so: ${kind}`, async () => {
      const spec = { ...LEAST[kind], typo: 'x' }
      assert.match(await refusalOf(world.create(kind, named(), spec, STRICT)), /unknown field "spec\.typo"/)
      const stored = await world.create(kind, named(), spec, { fieldValidation: 'Ignore' })
      assert.equal('typo' in stored.spec, false)
      const status = { status: { conditions: [], guess: 1 } }
      const path = `${world.path(kind, stored.metadata?.name)}/status`
      assert.match(await refusalOf(patch(path, status, STRICT)), /unknown field "status\.guess"/)
    })

    test(`who writes an object does not write its status, and the other way round: ${kind}`, async () => {
      const name = named()
      const body = { ...manifest(kind, name, LEAST[kind]), status: { observedGeneration: 7 } }
      const made = await world.cluster.request<Stored>('POST', world.path(kind), { body })
      assert.equal(made.status, undefined)
      const path = world.path(kind, name)
      await patch(`${path}/status`, { status: { observedGeneration: 1 }, spec: { typo: 1 } })
      await patch(path, { metadata: { labels: { a: 'b' } }, status: { observedGeneration: 8 } })
      const { spec, status, metadata } = await world.get(kind, name)
      assert.deepEqual({ spec, status }, { spec: made.spec, status: { observedGeneration: 1 } })
      assert.equal(metadata?.generation, 1)
    })

    test(`a condition that says too little is refused: ${kind}`, async () => {
      const name = named()
      await world.create(kind, name, LEAST[kind])
      const whole = {
        type: 'Ready',
        status: 'True',
        reason: 'Ready',
        message: '',
        lastTransitionTime: '2030-01-01T00:00:00Z',
      }
      const write = (condition: object) =>
        refusalOf(patch(`${world.path(kind, name)}/status`, { status: { conditions: [condition] } }))
      assert.equal(await write(whole), '')
      assert.match(await write({ ...whole, status: 'Yes' }), /status\.conditions\[0\]\.status: Unsupported value/)
      assert.match(await write({ ...whole, reason: '' }), /status\.conditions\[0\]\.reason/)
      assert.match(await write({ ...whole, lastTransitionTime: 'now' }), /status\.conditions\[0\]\.lastTransitionTime/)
    })
  }

  test('two who apply one field: the second learns who has it, and may take it by force', async () => {
    const name = named()
    await apply('SMTPLimit', name, { messagesPerDay: 100 }, 'team')
    await assert.rejects(apply('SMTPLimit', name, { messagesPerDay: 200 }, 'gitops'), (error) => {
      assert.ok(error instanceof ApiError)
      assert.equal(error.reason, 'Conflict')
      assert.match(error.message, /conflict with "team".*\.spec\.messagesPerDay/)
      return true
    })
    // Another field is nobody's yet.
    await apply('SMTPLimit', name, { recipientsPerDay: 300 }, 'gitops')
    const { spec } = await apply('SMTPLimit', name, { messagesPerDay: 200, recipientsPerDay: 300 }, 'gitops', true)
    const { messagesPerDay, recipientsPerDay } = spec
    assert.deepEqual({ messagesPerDay, recipientsPerDay }, { messagesPerDay: 200, recipientsPerDay: 300 })
    // The first one has lost it: to apply it as before is a conflict now.
    const lost = await refusalOf(apply('SMTPLimit', name, { messagesPerDay: 100 }, 'team'))
    assert.match(lost, /conflict with "gitops"/)
  })

  test('conditions of two writers stand beside each other', async () => {
    const name = named()
    await world.create('Domain', name, LEAST.Domain)
    const write = (fieldManager: string, type: string) => {
      const condition = { type, status: 'True', reason: 'X', message: '', lastTransitionTime: '2030-01-01T00:00:00Z' }
      const body = { ...manifest('Domain', name, undefined), status: { conditions: [condition] } }
      return patch(
        `${world.path('Domain', name)}/status`,
        body,
        { fieldManager, force: true },
        'application/apply-patch+yaml',
      )
    }
    await write('one', 'Ready')
    const { status } = await write('other', 'Reviewed')
    const types = (status?.['conditions'] as { type: string }[]).map(({ type }) => type)
    assert.deepEqual(types.sort(), ['Ready', 'Reviewed'])
  })

  test('kubectl scale of a MailPlatform is one of its delivery', async () => {
    const name = named()
    await world.create('MailPlatform', name, LEAST.MailPlatform)
    const path = world.path('MailPlatform', name)
    await patch(`${path}/status`, { status: { deliveryReplicas: 1, selector: 'app=delivery' } })
    type Scale = { spec: { replicas: number }; status: { replicas: number; selector: string } }
    const scale = await world.cluster.request<Scale>('GET', `${path}/scale`)
    assert.deepEqual([scale.spec, scale.status], [{ replicas: 1 }, { replicas: 1, selector: 'app=delivery' }])
    await patch(`${path}/scale`, { spec: { replicas: 3 } })
    const { spec } = await world.get('MailPlatform', name)
    assert.equal((spec['delivery'] as { replicas: number }).replicas, 3)
    assert.match(await refusalOf(patch(`${path}/scale`, { spec: { replicas: 65 } })), /spec\.delivery\.replicas/)
  })

  test('each kind has its short name and its category', async () => {
    type Discovered = { resources: { kind: string; name: string; shortNames?: string[]; categories?: string[] }[] }
    const { resources } = await world.cluster.request<Discovered>('GET', '/apis/postrider.dev/v1alpha1')
    const found = resources.filter(({ name }) => !name.includes('/'))
    assert.deepEqual(found.map(({ kind }) => kind).sort(), [...ALL].sort())
    for (const { kind, categories } of found) assert.deepEqual(categories, ['postrider'], kind)
    const short = Object.fromEntries(found.map(({ kind, shortNames }) => [kind, shortNames?.join()]))
    assert.deepEqual(short, {
      MailPlatform: 'mp',
      Domain: 'md',
      SMTPCredential: 'smtpcred',
      SMTPLimit: 'smtplim',
      SenderAddress: 'sendas',
      DeliveryPool: 'dpool',
      DestinationPolicy: 'dpol',
    })
  })

  test('every CRD is structural', async () => {
    for (const { metadata } of definitions()) {
      const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${metadata?.name ?? ''}`
      const { status } = await world.cluster.request<Stored>('GET', path)
      const conditions = status?.['conditions'] as { type: string; status: string; message: string }[]
      const states = Object.fromEntries(conditions.map(({ type, status: state }) => [type, state]))
      // A schema that is not structural is served all the same, and says so here.
      assert.deepEqual(states, { NamesAccepted: 'True', Established: 'True' }, metadata?.name)
    }
  })

  test('every kind is known to the operator under its plural', () => {
    for (const { spec } of definitions()) assert.equal(KINDS[spec.names.kind].plural, spec.names.plural)
  })
})
