import assert from 'node:assert/strict'
import { test } from 'node:test'
import { differences, pathText } from './compare.ts'
import { corrected, isContested, truceMs } from './drift-backoff.ts'
import type { Contest } from './drift-backoff.ts'
import { managersOf } from './managers.ts'

const paths = (wanted: unknown, live: unknown): string[] => differences(wanted, live).map(({ path }) => pathText(path))

const cases: [string, unknown, unknown, string[]][] = [
  ['a default of the server is not a difference', { spec: { a: 1 } }, { spec: { a: 1, b: 2 }, status: {} }, []],
  ['a field that is wanted and another', { a: 1 }, { a: 2 }, ['a']],
  ['a field that is missing', { a: { b: 'x' } }, {}, ['a.b']],
  ['what is empty is left out by the server', { a: {}, b: [], c: '', d: false, e: { f: [] } }, {}, []],
  ['undefined is not wanted', { a: undefined }, { a: 1 }, []],
  ['a list without names counts as a whole', { args: ['a', 'b'] }, { args: ['a'] }, ['args']],
  ['and item by item', { args: ['a', 'b'] }, { args: ['a', 'c'] }, ['args[1]']],
  [
    'items with names are found wherever they are, and others may be among them',
    { containers: [{ name: 'a', image: '1' }] },
    { containers: [{ name: 'sidecar' }, { name: 'a', image: '2' }] },
    ['containers[a].image'],
  ],
  [
    'two mounts of one volume are two',
    {
      mounts: [
        { name: 'v', mountPath: '/a' },
        { name: 'v', mountPath: '/b' },
      ],
    },
    { mounts: [{ name: 'v', mountPath: '/b' }] },
    ['mounts[/a]'],
  ],
  ['a key that is not a word', { data: { 'tls.crt': 'x' } }, { data: { 'tls.crt': 'y' } }, ['data["tls.crt"]']],
  ['what is added to a selector', { selector: { a: 'x' } }, { selector: { a: 'x', b: 'y' } }, ['selector.b']],
  [
    'and to that of labels',
    { labelSelector: { matchLabels: { a: 'x' } } },
    { labelSelector: { matchLabels: { a: 'x' }, matchExpressions: [{}, 'b'] } },
    ['labelSelector.matchExpressions'],
  ],
  ['a type that differs', { a: { b: 1 } }, { a: 'text' }, ['a']],
]
for (const [name, wanted, live, expected] of cases) {
  test(`compare: ${name}`, () => assert.deepEqual(paths(wanted, live), expected))
}

test('who changed a field is found among the managers, and else who wrote after us', () => {
  const image = ['spec', 'containers', { by: 'name', is: 'a' }, 'image']
  const entries = [
    { manager: 'us', time: '2026-01-01T00:00:02Z', fieldsV1: { 'f:spec': {} } },
    { manager: 'old', time: '2026-01-01T00:00:01Z', fieldsV1: { 'f:other': {} } },
    { manager: 'status-writer', subresource: 'status', time: '2026-01-01T00:00:09Z', fieldsV1: { 'f:spec': {} } },
    {
      manager: 'kubectl-edit',
      time: '2026-01-01T00:00:03Z',
      fieldsV1: { 'f:spec': { 'f:containers': { 'k:{"name":"a"}': { '.': {}, 'f:image': {} } } } },
    },
    { manager: 'later', time: '2026-01-01T00:00:04Z', fieldsV1: { 'f:metadata': { 'f:labels': { 'f:x': {} } } } },
  ]
  assert.deepEqual(managersOf(entries, [image], 'us'), ['kubectl-edit'])
  assert.deepEqual(managersOf(entries, [['metadata', 'labels', 'gone']], 'us'), ['later', 'kubectl-edit'])
})

test('what is changed again and again is put back five times at once, then ever more rarely, and peace is forgotten', () => {
  let contest: Contest | undefined
  const at: number[] = []
  for (let now = 0; now < 3600_000; now += 1000) {
    if (truceMs(contest, now) > 0) continue
    contest = corrected(contest, now)
    at.push(now / 1000)
  }
  assert.deepEqual(at.slice(0, 9), [0, 1, 2, 3, 4, 14, 34, 74, 154])
  assert.ok(at.length < 25, `${at.length} corrections in an hour`)
  assert.equal(contest !== undefined && isContested(contest), true)
  const later = corrected(contest, 3600_000 + 20 * 60_000)
  assert.equal(later.corrections, 1)
})
