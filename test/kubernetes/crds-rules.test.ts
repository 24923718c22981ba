import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Kind } from '@postrider/resources/kinds'
import { apiServerMissing } from '../support/api-server.ts'
import { LEAST, PAIRS } from './crds-pairs.ts'
import type { Sample } from './crds-pairs.ts'
import { definitions, refusalOf, schemaOf, startCrdWorld } from './crds-world.ts'
import type { CrdWorld, Schema } from './crds-world.ts'
import { manifest } from '../support/manifest.ts'

/** `path: message` of each rule below a node. */
function rulesOf(node: Schema, path = ''): { rule: string; path: string; message: string }[] {
  const below = (inner: Schema, name: string) => rulesOf(inner, path === '' ? name : `${path}.${name}`)
  return [
    ...(node['x-kubernetes-validations'] ?? []).map(({ message }) => ({ rule: `${path}: ${message}`, path, message })),
    ...Object.entries(node.properties ?? {}).flatMap(([name, inner]) => below(inner, name)),
    ...(node.items === undefined ? [] : rulesOf(node.items, `${path}[]`)),
    ...(node.additionalProperties === undefined ? [] : below(node.additionalProperties, '*')),
  ]
}

const RULES = definitions().map((definition) => ({
  kind: definition.spec.names.kind,
  rules: rulesOf(schemaOf(definition)),
}))

test('every rule of the CRDs has a good and a bad object, and there are no others', () => {
  for (const { kind, rules } of RULES)
    assert.deepEqual(Object.keys(PAIRS[kind]).sort(), rules.map(({ rule }) => rule).sort(), kind)
})

describe('rules of the CRDs', { skip: apiServerMissing() }, () => {
  let world: CrdWorld
  let count = 0
  before(async () => {
    world = await startCrdWorld()
  })
  after(() => world.stop())

  /** What the server says to it; '' when it takes it. */
  async function answerTo(kind: Kind, sample: Sample): Promise<string> {
    const name = `sample-${count++}`
    if (!Array.isArray(sample)) {
      const { name: own, spec } = typeof sample.name === 'string' ? sample : { name, spec: sample }
      return refusalOf(world.create(kind, own, spec))
    }
    const [earlier, later] = sample
    const stored = await world.create(kind, name, earlier)
    const body = { ...manifest(kind, name, later), metadata: stored.metadata }
    return refusalOf(world.cluster.request('PUT', world.path(kind, name), { body }))
  }

  for (const { kind, rules } of RULES) {
    for (const { rule, path, message } of rules) {
      test(`${kind} ${rule}`, async () => {
        const pair = PAIRS[kind][rule]
        assert.ok(pair !== undefined, 'has no pair')
        assert.equal(await answerTo(kind, pair.good), '')
        const answer = await answerTo(kind, pair.bad)
        assert.ok(says(answer, message), answer)
        // Where the mistake is, as the server writes it.
        assert.match(answer, pathPattern(path))
        const others = rules.filter((other) => other.message !== message && says(answer, other.message))
        assert.deepEqual(others, [], 'the bad object breaks another rule as well')
      })
    }
  }

  for (const kind of Object.keys(LEAST) as Kind[])
    test(`the least that is needed is enough: ${kind}`, async () => {
      assert.equal(await answerTo(kind, LEAST[kind]), '')
    })
})

/** One message may begin as another does. */
const says = (answer: string, message: string): boolean =>
  [']', ','].some((end) => answer.includes(`: ${message}${end}`)) || answer.endsWith(`: ${message}`)

const pathPattern = (path: string): RegExp =>
  new RegExp(
    `(^|[ [])${path === '' ? '<nil>|Invalid value' : path.replaceAll('.', '\\.').replaceAll('[]', '\\[\\d+\\]')}`,
  )
