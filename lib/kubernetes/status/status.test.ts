import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError } from '../transport/errors.ts'
import type { Condition } from './conditions.ts'
import { createStatusWriter } from './status.ts'
import type { StatusReport, WithStatus } from './status.ts'

const NOON = new Date('2026-11-23T12:00:00Z')
const BEFORE = '2026-11-23T11:00:00Z'
const ready = { type: 'Ready', status: 'True', reason: 'Ready', message: 'sends' } as const

const object = (conditions: Condition[], more: object = {}): WithStatus => ({
  apiVersion: 'postrider.dev/v1alpha1',
  kind: 'Domain',
  metadata: { namespace: 'shop', name: 'site', generation: 3 },
  status: { conditions, ...more },
})
const held = (generation: number): Condition => ({
  ...ready,
  observedGeneration: generation,
  lastTransitionTime: BEFORE,
})

/** A status writer, and what it wrote and recorded. */
function writer(refuse?: ApiError) {
  const written: unknown[] = []
  const events: string[] = []
  const cluster = {
    applyStatus: <T extends object>(applied: T): Promise<T> => {
      if (refuse !== undefined) return Promise.reject(refuse)
      written.push((applied as { status?: unknown }).status)
      return Promise.resolve(applied)
    },
  }
  const record = (_: unknown, type: string, reason: string, note: string) =>
    void events.push(`${type} ${reason}: ${note}`)
  return { ...createStatusWriter(cluster, { record }, () => NOON), written, events }
}
const newsOf: StatusReport['newsOf'] = (before, now) => [
  { severity: 'Normal', event: 'Told', note: `${before[0]?.status ?? 'nothing'} to ${now[0]?.status ?? 'nothing'}` },
]

test('what was found is written once, with the generation, and the change is an Event', async () => {
  const { report, written, events } = writer()
  const bad = { ...ready, status: 'False', reason: 'NotVerified' } as const
  assert.equal(await report(object([held(2)]), { findings: [bad], fields: { domains: 1 }, newsOf }), true)
  const condition = { ...bad, observedGeneration: 3, lastTransitionTime: '2026-11-23T12:00:00Z' }
  assert.deepEqual(written, [{ domains: 1, conditions: [condition], observedGeneration: 3 }])
  assert.deepEqual(events, ['Normal Told: True to False'])
})

test('what is there already is neither written nor told, in whatever order it stands', async () => {
  const { report, written, events } = writer()
  const other = { ...held(3), type: 'Accepted' }
  const present = object([other, held(3)], { observedGeneration: 3 })
  assert.equal(await report(present, { findings: [ready, { ...ready, type: 'Accepted' }], newsOf }), false)
  assert.deepEqual([written, events], [[], []])
})

test('conditions that a report does not name stay, fields that it does not name go', async () => {
  const { report, written } = writer()
  const other = { ...held(2), type: 'Accepted' }
  await report(object([other, held(2)], { observedGeneration: 2, secretName: 'old' }), { findings: [ready] })
  assert.deepEqual(written, [{ conditions: [other, held(3)], observedGeneration: 3 }])
})

test('an amendment leaves the rest of the status, the generation among it, as it is', async () => {
  const { amend, written } = writer()
  const present = object([held(2)], { observedGeneration: 2, sentToday: 4 })
  assert.equal(await amend(present, { sentToday: 4 }), false)
  assert.equal(await amend(present, { sentToday: 5 }), true)
  assert.deepEqual(written, [{ conditions: [held(2)], observedGeneration: 2, sentToday: 5 }])
})

test('an object that is gone gets no Event, and other refusals are thrown', async () => {
  const gone = writer(new ApiError({ reason: 'NotFound', message: 'gone', status: 404 }))
  assert.equal(await gone.report(object([]), { findings: [ready], newsOf }), false)
  assert.deepEqual(gone.events, [])
  const broken = writer(new ApiError({ reason: 'Invalid', message: 'no', status: 422 }))
  await assert.rejects(broken.report(object([]), { findings: [ready], newsOf }), /no/)
})
