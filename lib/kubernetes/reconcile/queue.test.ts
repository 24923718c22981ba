import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backoffMs } from './backoff.ts'
import { manualClock } from '../../../test/support/manual-clock.ts'
import { createQueue } from './queue.ts'
import type { QueueOptions } from './queue.ts'

function queueWith(options: Partial<QueueOptions>) {
  const clock = manualClock()
  const failures: { key: string; againMs: number }[] = []
  const queue = createQueue({
    run: async () => undefined,
    onError: (key, _error, againMs) => failures.push({ key, againMs }),
    clock,
    random: () => 1,
    ...options,
  })
  return { clock, queue, failures }
}

test('many wishes before a run are one run, and wishes during a run are one more', async () => {
  let runs = 0
  let finish = (): void => undefined
  const { queue, clock } = queueWith({
    run: () => {
      runs++
      return new Promise<void>((resolve) => (finish = resolve))
    },
  })
  for (let i = 0; i < 100; i++) queue.add('a', 10)
  assert.equal(runs, 0)
  await clock.pass(10)
  assert.equal(runs, 1)
  for (let i = 0; i < 100; i++) queue.add('a')
  await clock.pass(1000)
  assert.equal(runs, 1, 'never two at a time')
  finish()
  await clock.pass(1)
  assert.equal(runs, 2)
  finish()
  await clock.pass(60_000)
  assert.equal(runs, 2)
  assert.deepEqual(queue.stats(), { ready: 0, waiting: 0, running: 0, failing: 0, known: 1 })
})

test('the earliest wish counts', async () => {
  const ran: number[] = []
  const { queue, clock } = queueWith({ run: async () => void ran.push(clock.now()) })
  queue.add('a', 5000)
  queue.add('a', 300)
  queue.add('a', 9000)
  await clock.pass(60_000)
  assert.deepEqual(ran, [300])
})

test('a failing key comes later and later, up to five minutes, and one success forgives all', async () => {
  let broken = true
  const { queue, clock, failures } = queueWith({
    run: async () => {
      if (broken) throw new Error('no')
    },
  })
  queue.add('a')
  await clock.pass(60 * 60_000)
  const waits = failures.map(({ againMs }) => againMs)
  assert.deepEqual(waits.slice(0, 5), [1000, 2000, 4000, 8000, 16_000])
  assert.equal(Math.max(...waits), 300_000)
  assert.equal(queue.stats().failing, 1)
  broken = false
  await clock.pass(300_000)
  assert.equal(queue.stats().failing, 0)
  broken = true
  queue.add('a')
  await clock.pass(1)
  assert.equal(failures.at(-1)?.againMs, 1000)
})

test('a failing key that is added need not wait for its backoff', async () => {
  let runs = 0
  const { queue, clock } = queueWith({
    run: async () => {
      runs++
      throw new Error('no')
    },
    backoff: { firstMs: 100_000, capMs: 100_000 },
  })
  queue.add('a')
  await clock.pass(1000)
  queue.add('a')
  await clock.pass(1000)
  assert.equal(runs, 2)
})

test('a key that adds itself in every run goes on at the rate and not faster, and harms no other key', async () => {
  const ran: string[] = []
  const count = (key: string): number => ran.filter((one) => one === key).length
  const { queue, clock } = queueWith({
    concurrency: 1,
    rate: { burst: 10, perMinute: 20 },
    run: async (key) => {
      ran.push(key)
      if (key === 'hot') queue.add('hot')
    },
  })
  queue.add('hot')
  await clock.pass(0)
  assert.equal(count('hot'), 10)
  queue.add('other')
  await clock.pass(60_000)
  assert.equal(count('other'), 1)
  assert.ok(Math.abs(count('hot') - 30) <= 1, String(count('hot')))
  await clock.pass(60 * 60_000)
  assert.ok(count('hot') <= 10 + 61 * 20 + 1, String(count('hot')))
})

test('failing fast and being added by it does not bypass the rate', async () => {
  let runs = 0
  const { queue, clock } = queueWith({
    run: async () => {
      runs++
      queue.add('a')
      throw new Error('no')
    },
  })
  queue.add('a')
  await clock.pass(10 * 60_000)
  assert.ok(runs <= 10 + 10 * 20 + 1, String(runs))
})

test('a run may ask for the next one', async () => {
  const ran: number[] = []
  const { queue, clock } = queueWith({
    run: async () => {
      ran.push(clock.now())
      return { againMs: 30 * 60_000 }
    },
  })
  queue.add('a')
  await clock.pass(100 * 60_000)
  assert.deepEqual(ran, [0, 1_800_000, 3_600_000, 5_400_000])
  queue.add('a')
  await clock.pass(25 * 60_000)
  assert.equal(ran.length, 5, 'the run in between put the next one off')
})

test('no more run at a time than told, in the order of their turn', async () => {
  const begun: string[] = []
  const finish: (() => void)[] = []
  const { queue, clock } = queueWith({
    concurrency: 2,
    run: (key) => {
      begun.push(key)
      return new Promise<void>((resolve) => finish.push(resolve))
    },
  })
  for (const key of ['a', 'b', 'c', 'd']) queue.add(key)
  await clock.pass(10)
  assert.deepEqual(begun, ['a', 'b'])
  assert.deepEqual(queue.stats(), { ready: 2, waiting: 0, running: 2, failing: 0, known: 4 })
  finish.shift()?.()
  await clock.pass(10)
  assert.deepEqual(begun, ['a', 'b', 'c'])
})

test('stop waits for what runs and begins nothing more', async () => {
  let finish = (): void => undefined
  const begun: string[] = []
  const { queue, clock } = queueWith({
    concurrency: 1,
    run: (key) => {
      begun.push(key)
      return new Promise<void>((resolve) => (finish = resolve))
    },
  })
  queue.add('a')
  queue.add('b')
  queue.add('c', 100)
  await clock.pass(1)
  let over = false
  const stopped = queue.stop().then(() => (over = true))
  await clock.pass(1000)
  assert.equal(over, false)
  finish()
  await stopped
  await clock.pass(1000)
  queue.add('d')
  await clock.pass(1000)
  assert.deepEqual(begun, ['a'])
})

test('keys at rest are forgotten', async () => {
  const { queue, clock } = queueWith({ concurrency: 100 })
  for (let i = 0; i < 5000; i++) {
    queue.add(`key-${i}`)
    if (i % 100 === 0) await clock.pass(60_000)
  }
  assert.ok(queue.stats().known < 1500, String(queue.stats().known))
})

test('the backoff doubles to its cap, and chance takes up to half of it', () => {
  const settings = { firstMs: 1000, capMs: 300_000 }
  const least = [1, 2, 3, 9, 10, 2000].map((failures) => backoffMs(failures, settings, () => 0))
  assert.deepEqual(least, [500, 1000, 2000, 128_000, 150_000, 150_000])
  const most = [1, 2, 3, 9, 10, 2000].map((failures) => backoffMs(failures, settings, () => 1))
  assert.deepEqual(most, [1000, 2000, 4000, 256_000, 300_000, 300_000])
})
