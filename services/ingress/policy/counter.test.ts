import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { JetStreamApiError } from '@nats-io/jetstream'
import type { KvEntry } from '@nats-io/kv'
import { NewerRecordError } from '@postrider/broker/stored'
import { Counter, Counters } from './counter.ts'
import type { Bucket, Change } from './counter.ts'

const conflict = (): Error =>
  new JetStreamApiError({ code: 400, err_code: 10_071, description: 'wrong last sequence: 1' })

/** A bucket with one value, that changes between the lines of a test as another process would change it. */
function bucket() {
  const story: string[] = []
  let value: string | undefined
  let revision = 0
  let operation: KvEntry['operation'] = 'PUT'
  let lost: Error | undefined
  const kv = {
    get() {
      story.push('get')
      if (revision === 0) return Promise.resolve(null)
      const text = value ?? ''
      return Promise.resolve({ revision, operation, string: () => text })
    },
    put(_: string, text: string, { previousSeq }: { previousSeq: number }) {
      story.push(`put ${text}`)
      if (lost !== undefined) return Promise.reject(lost)
      if (previousSeq !== revision) return Promise.reject(conflict())
      write(text)
      return Promise.resolve(revision)
    },
  } as unknown as Bucket
  function write(text: string, as: KvEntry['operation'] = 'PUT'): void {
    value = text
    operation = as
    revision++
  }
  return { kv, story, write, value: () => value, lose: (error?: Error) => (lost = error) }
}

const codec = {
  empty: 0,
  decode(entry: KvEntry): number {
    const text = entry.string()
    if (text === 'newer') throw new NewerRecordError('a count', 2)
    const number = Number(text)
    if (text === '' || Number.isNaN(number)) throw new TypeError('not a count')
    return number
  },
  encode: (count: number) => String(count),
}

const cellOf = (kv: Bucket, bad?: (entry: KvEntry, error: unknown) => void): Counter<number> =>
  new Counter(kv, 'use.a', { ...codec, ...(bad && { bad }) }, () => 0)

/** Takes one of `limit`, or says that there is none left. */
const take =
  (limit: number) =>
  (count: number): Change<number, boolean> =>
    count < limit ? { state: count + 1, result: true } : { state: count, result: false }

test('requests that come while a write is under way share the next one', async () => {
  const { kv, story } = bucket()
  const counter = cellOf(kv)
  const taken = await Promise.all(Array.from({ length: 5 }, () => counter.request(take(10))))
  assert.deepEqual(taken, Array(5).fill(true))
  assert.deepEqual(story, ['get', 'put 1', 'put 5'])
})

test('a value that another process changed meanwhile is read again, and each request decided again', async () => {
  const { kv, story, write } = bucket()
  const counter = cellOf(kv)
  assert.equal(await counter.request(take(3)), true)
  write('3')
  assert.equal(await counter.request(take(3)), false)
  assert.deepEqual(story, ['get', 'put 1', 'put 2', 'get', 'get'])
})

test('two processes never take more than the limit', async () => {
  const { kv, value } = bucket()
  const counters = [cellOf(kv), cellOf(kv)]
  const taken = await Promise.all(
    counters.flatMap((counter) => Array.from({ length: 10 }, () => counter.request(take(7)))),
  )
  assert.equal(taken.filter(Boolean).length, 7)
  assert.equal(value(), '7')
})

test('a refusal rests on what the broker holds now, not on what was read before', async () => {
  const { kv, write } = bucket()
  write('3')
  const counter = cellOf(kv)
  assert.equal(await counter.request(take(3)), false)
  write('2')
  assert.equal(await counter.request(take(3)), true)
})

test('a refusal reads the value once more, and what is settled anyway does not', async () => {
  const { kv, story, write } = bucket()
  write('3')
  const counter = cellOf(kv)
  await counter.request((state) => ({ state, result: undefined, settled: true }))
  assert.deepEqual(story, ['get'])
  await counter.request(take(3))
  assert.deepEqual(story, ['get', 'get'])
})

test('when the broker fails, all who wait are told, and the value is read again', async () => {
  const { kv, story, lose } = bucket()
  const counter = cellOf(kv)
  lose(new Error('the broker is away'))
  await assert.rejects(counter.request(take(3)), /away/)
  lose()
  assert.equal(await counter.request(take(3)), true)
  assert.deepEqual(story, ['get', 'put 1', 'get', 'put 1'])
})

test('a change that throws is an error of those who share the write, and of nobody after them', async () => {
  const { kv } = bucket()
  const counter = cellOf(kv)
  await assert.rejects(
    counter.request(() => {
      throw new RangeError('a fault')
    }),
    RangeError,
  )
  assert.equal(await counter.request(take(3)), true)
})

test('a value that was deleted counts from nothing', async () => {
  const { kv, write, value } = bucket()
  write('', 'DEL')
  const bad: unknown[] = []
  const counter = cellOf(kv, (_, error) => void bad.push(error))
  assert.equal(await counter.request(take(3)), true)
  assert.deepEqual([value(), bad], ['1', []])
})

test('a value that cannot be read is reported, and the account begins at nothing', async () => {
  const { kv, write, value } = bucket()
  write('rubbish')
  const bad: unknown[] = []
  const counter = cellOf(kv, (_, error) => void bad.push(error))
  assert.equal(await counter.request(take(3)), true)
  assert.equal(value(), '1')
  assert.deepEqual(bad.map(String), ['TypeError: not a count'])
})

test('a value of a later release is refused, and stays', async () => {
  const { kv, write, value } = bucket()
  write('newer')
  await assert.rejects(cellOf(kv).request(take(3)), NewerRecordError)
  assert.equal(value(), 'newer')
})

test('the counter of an account that was deleted is forgotten, and one that is gone gets one until all is written', async () => {
  const declared = new Set(['a', 'b'])
  let change: () => void = () => undefined
  const accounts = {
    has: (account: string) => declared.has(account),
    onChange: (run: () => void) => void (change = run),
  }
  const { kv } = bucket()
  const counters = new Counters(() => cellOf(kv), accounts)
  const a = counters.of('a')
  assert.equal(counters.of('a'), a)
  await counters.of('b').request(take(1))
  declared.delete('b')
  change()
  await setImmediate()
  assert.deepEqual([counters.size, counters.of('a')], [1, a])
  // Many sessions of it end at once.
  const ends = [1, 1, 1].map((units) => {
    const counter = counters.of('b')
    return { counter, done: counter.request(take(units)) }
  })
  assert.equal(new Set(ends.map(({ counter }) => counter)).size, 1)
  await Promise.all(ends.map(({ done }) => done))
  await setImmediate()
  assert.equal(counters.size, 1)
})
