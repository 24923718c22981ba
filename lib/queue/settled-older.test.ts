import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { OlderEvents } from './settled-older.ts'
import type { SettledAttempt } from './settled-older.ts'

const HOUR = 3_600_000
const NOW = 1_800_000_000_000
const MINUTE = 60_000

/** One event a second over the last two hours, with the seconds that have passed since as its key. */
const events = Array.from({ length: 7200 }, (_, place): SettledAttempt => {
  const age = 7200 - place
  return { key: `${age}`, seq: place + 1, at: NOW - age * 1000 }
})
const seqOf = (key: string): number[] => events.filter((event) => event.key === key).map(({ seq }) => seq)
const RECENT_FROM = NOW - 15 * MINUTE

let reads: number[]
let count: number
beforeEach(() => {
  reads = []
  count = 0
})
async function* read(from: number): AsyncGenerator<SettledAttempt> {
  reads.push(from)
  await Promise.resolve()
  for (const event of events) {
    if (event.at < from) continue
    count++
    yield event
  }
}

test('an event is found however old it is, in one read for all that wait', async () => {
  const older = new OlderEvents(read)
  const wanted = ['7000', '3600', 'none'].map((key) => ({ key, since: NOW - 2 * HOUR, until: RECENT_FROM }))
  const found = await older.find(wanted, RECENT_FROM, NOW)
  assert.deepEqual([...found.values()], [seqOf('7000'), seqOf('3600'), []])
  assert.equal(reads.length, 1)
  assert.ok(count < 7200 - 14 * 60, 'the recent ones are not read')
})

test('the range before an outage is read once for all the jobs that wait after it', async () => {
  const older = new OlderEvents(read)
  const span = { since: NOW - HOUR, until: NOW - HOUR + 2 * MINUTE }
  for (const key of ['3590', '3550', 'none']) {
    const found = await older.find(
      [{ key, ...span, since: span.since + 1000 * Number(key === '3550') }],
      RECENT_FROM,
      NOW,
    )
    assert.deepEqual(found.get(key), seqOf(key))
  }
  assert.equal(reads.length, 1)
  assert.ok(count < 200, `${count} were read`)
})

test('a range is extended when another one overlaps it, and read again when none does', async () => {
  const older = new OlderEvents(read)
  const find = async (key: string, since: number, until: number) =>
    (await older.find([{ key, since: NOW - since, until: NOW - until }], RECENT_FROM, NOW)).get(key)
  await find('none', 60 * MINUTE, 50 * MINUTE)
  assert.deepEqual(await find('3240', 55 * MINUTE, 45 * MINUTE), seqOf('3240'))
  assert.deepEqual(await find('3590', 60 * MINUTE, 45 * MINUTE), seqOf('3590'))
  assert.equal(reads.length, 2)
  assert.deepEqual(await find('6500', 110 * MINUTE, 105 * MINUTE), seqOf('6500'))
  assert.deepEqual(await find('3590', 60 * MINUTE, 45 * MINUTE), seqOf('3590'))
  assert.equal(reads.length, 4)
})

test('what the index has no room for is read again, and still found', async () => {
  const older = new OlderEvents(read, { maxAgeMs: Infinity, minAgeMs: 0, maxEntries: 100 })
  for (const key of ['7000', '6990', '2000']) {
    const found = await older.find([{ key, since: NOW - 2 * HOUR, until: NOW - HOUR / 2 }], RECENT_FROM, NOW)
    assert.deepEqual(found.get(key), seqOf(key))
  }
  assert.equal(reads.length, 3)
})

test('after the store of the broker was replaced, the old range does not count', async () => {
  const older = new OlderEvents(read)
  const wanted = [{ key: '3590', since: NOW - HOUR, until: NOW - HOUR + 2 * MINUTE }]
  await older.find(wanted, RECENT_FROM, NOW)
  older.clear()
  await older.find(wanted, RECENT_FROM, NOW)
  assert.equal(reads.length, 2)
})
