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

/** A bucket with one value. `write` changes it as another process would; `failWith` makes writes fail. */
function bucket() {
  const story: string[] = []
  let value: string | undefined
  let revision = 0
  let operation: KvEntry['operation'] = 'PUT'
  let failure: Error | undefined
  const kv = {
    get() {
      story.push('get')
      if (revision === 0) return Promise.resolve(null)
      const text = value ?? ''
      return Promise.resolve({ revision, operation, string: () => text })
    },
    put(_: string, text: string, { previousSeq }: { previousSeq: number }) {
      story.push(`put ${text}`)
      if (failure !== undefined) return Promise.reject(failure)
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
  return { kv, story, write, value: () => value, failWith: (error?: Error) => (failure = error) }
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

const counterOf = (kv: Bucket, bad?: (entry: KvEntry, error: unknown) => void): Counter<number> =>
  new Counter(kv, 'use.a', { ...codec, ...(bad && { bad }) }, () => 0)

/** Counts one more unit up to `limit`; the result is whether it fitted. */
const take =
  (limit: number) =>
  (count: number): Change<number, boolean> =>
    count < limit ? { state: count + 1, result: true } : { state: count, result: false }

test('requests that arrive during a write share the next one', async () => {
  const { kv, story } = bucket()
  const counter = counterOf(kv)
  const taken = await Promise.all(Array.from({ length: 5 }, () => counter.request(take(10))))
  assert.deepEqual(taken, Array(5).fill(true))
  assert.deepEqual(story, ['get', 'put 1', 'put 5'])
})

test('a value that another process has changed is read again, and each request is decided again', async () => {
  const { kv, story, write } = bucket()
  const counter = counterOf(kv)
  assert.equal(await counter.request(take(3)), true)
  write('3')
  assert.equal(await counter.request(take(3)), false)
  assert.deepEqual(story, ['get', 'put 1', 'put 2', 'get', 'get'])
})

test('two processes never take more than the limit', async () => {
  const { kv, value } = bucket()
  const counters = [counterOf(kv), counterOf(kv)]
  const taken = await Promise.all(
    counters.flatMap((counter) => Array.from({ length: 10 }, () => counter.request(take(7)))),
  )
  assert.equal(taken.filter(Boolean).length, 7)
  assert.equal(value(), '7')
})

test('a refusal is based on the current value in the broker, not on an earlier read', async () => {
  const { kv, write } = bucket()
  write('3')
  const counter = counterOf(kv)
  assert.equal(await counter.request(take(3)), false)
  write('2')
  assert.equal(await counter.request(take(3)), true)
})

test('a refusal reads the value once more, and a result that does not depend on it does not', async () => {
  const { kv, story, write } = bucket()
  write('3')
  const counter = counterOf(kv)
  await counter.request((state) => ({ state, result: undefined, staleOk: true }))
  assert.deepEqual(story, ['get'])
  await counter.request(take(3))
  assert.deepEqual(story, ['get', 'get'])
})

test('when the broker fails, all waiting requests are rejected, and the value is read again', async () => {
  const { kv, story, failWith } = bucket()
  const counter = counterOf(kv)
  failWith(new Error('the broker cannot be reached'))
  await assert.rejects(counter.request(take(3)), /cannot be reached/)
  failWith()
  assert.equal(await counter.request(take(3)), true)
  assert.deepEqual(story, ['get', 'put 1', 'get', 'put 1'])
})

test('a change that throws rejects the requests that share the write, and no later ones', async () => {
  const { kv } = bucket()
  const counter = counterOf(kv)
  await assert.rejects(
    counter.request(() => {
      throw new RangeError('a fault')
    }),
    RangeError,
  )
  assert.equal(await counter.request(take(3)), true)
})

test('a deleted value counts from zero', async () => {
  const { kv, write, value } = bucket()
  write('', 'DEL')
  const bad: unknown[] = []
  const counter = counterOf(kv, (_, error) => void bad.push(error))
  assert.equal(await counter.request(take(3)), true)
  assert.deepEqual([value(), bad], ['1', []])
})

test('a value that cannot be read is reported, and the account counts from zero', async () => {
  const { kv, write, value } = bucket()
  write('rubbish')
  const bad: unknown[] = []
  const counter = counterOf(kv, (_, error) => void bad.push(error))
  assert.equal(await counter.request(take(3)), true)
  assert.equal(value(), '1')
  assert.deepEqual(bad.map(String), ['TypeError: not a count'])
})

test('a value of a later release is rejected and not overwritten', async () => {
  const { kv, write, value } = bucket()
  write('newer')
  await assert.rejects(counterOf(kv).request(take(3)), NewerRecordError)
  assert.equal(value(), 'newer')
})

test('the counter of a deleted account is dropped, and later requests of that account share one until all is written', async () => {
  const declared = new Set(['a', 'b'])
  let change: () => void = () => undefined
  const accounts = {
    has: (account: string) => declared.has(account),
    onChange: (run: () => void) => void (change = run),
  }
  const { kv } = bucket()
  const counters = new Counters(() => counterOf(kv), accounts)
  const a = counters.of('a')
  assert.equal(counters.of('a'), a)
  await counters.of('b').request(take(1))
  declared.delete('b')
  change()
  await setImmediate()
  assert.deepEqual([counters.size, counters.of('a')], [1, a])
  // Many sessions of the deleted account end at once.
  const ends = [1, 1, 1].map((units) => {
    const counter = counters.of('b')
    return { counter, done: counter.request(take(units)) }
  })
  assert.equal(new Set(ends.map(({ counter }) => counter)).size, 1)
  await Promise.all(ends.map(({ done }) => done))
  await setImmediate()
  assert.equal(counters.size, 1)
})
