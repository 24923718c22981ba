import type { StreamInfo } from '@nats-io/jetstream'
import type { Broker } from '@postrider/broker/connection'
import { decodeBatch } from './decode-events.ts'
import type { AttemptEvent } from './event.ts'
import { EVENTS } from '@postrider/broker/names'
import { readRecord } from '@postrider/broker/read-record'
import { readStream } from '@postrider/broker/read-stream'
import { RecentKeys } from './recent-keys.ts'
import { INDEX_LIMITS, SettledIndex } from './settled-index.ts'
import { BadRecordError } from '@postrider/broker/stored'

/**
 * Looks up attempts whose outcome is on disk, so that no attempt is made twice.
 *
 * The event is authoritative and the acknowledgement only follows it, so a job can be delivered again after it was settled: when a worker
 * died between the two, or the broker did (it writes acknowledgements up to some 100 ms late). The event is then a recent one, so reading
 * the tail of EVENTS is enough.
 */
export interface Settled {
  /** Remembers an attempt that this process settled. */
  note(key: string): void
  /** Whether this process recently settled the attempt: then look it up. */
  knows(key: string): boolean
  /** Reads the events written since the last read, then returns the event of the attempt, if there is one. `since`: the attempt was not
   * settled before that time, by the broker's clock. Looks back 15 minutes at most. Rejects when EVENTS cannot be read at the moment. */
  lookUp(key: string, since: number): Promise<AttemptEvent | undefined>
}

export const eventKey = (event: Pick<AttemptEvent, 'id' | 'part' | 'attempt'>): string =>
  `${event.id}/${event.part}/${event.attempt - 1}`

/** The broker's clock at the time of its answer, milliseconds since the epoch. */
export const brokerTime = (info: StreamInfo): number => Date.parse((info as StreamInfo & { ts: string }).ts)

/** The range that has been read, as times and as sequences. */
interface Covered {
  from: number
  until: number
  firstSeq: number
  nextSeq: number
}

const TRIM_EVERY = 10_000

export function createSettled(broker: Broker): Settled {
  let index = new SettledIndex()
  const own = new RecentKeys()
  let covered: Covered | undefined
  let waiting: { since: number; resolve: () => void; reject: (error: unknown) => void }[] = []
  let reading = false

  /** Reads events up to the sequence `end`; resolves with the first sequence read, or with `end` + 1 when there was none. */
  async function read(from: { seq: number } | { start_time: string }, end: number): Promise<number> {
    let first = end + 1
    let count = 0
    for await (const { seq, at, data } of readStream(broker, EVENTS, from, end)) {
      if (seq > end) break
      first = Math.min(first, seq)
      for (const event of attemptsIn(data)) index.add(eventKey(event), seq, at)
      if (++count % TRIM_EVERY === 0) index.trim(at)
    }
    return first
  }

  /** Reads EVENTS from `since` up to its current end, and nothing older. */
  async function catchUp(since: number): Promise<void> {
    const info = await broker.jsm.streams.info(EVENTS)
    const { messages, first_seq: oldest, last_seq: last, last_ts: lastAt } = info.state
    const now = brokerTime(info)
    if (covered !== undefined && last + 1 < covered.nextSeq) {
      // The broker came back with a different store.
      covered = undefined
      index = new SettledIndex()
    }
    const from = Math.max(since, now - INDEX_LIMITS.maxAgeMs, index.floor)
    const until = { until: now, nextSeq: last + 1 }
    const start = { start_time: new Date(from).toISOString() }
    if (covered === undefined || covered.until < from) {
      // Events between the last read and `from` are no longer relevant.
      const none = messages === 0 || Date.parse(lastAt) < from
      covered = { from, firstSeq: none ? last + 1 : await read(start, last), ...until }
    } else {
      if (last >= covered.nextSeq) await read({ seq: covered.nextSeq }, last)
      covered = { ...covered, ...until }
      if (from < covered.from) {
        const more = messages > 0 && covered.firstSeq > oldest
        covered = { ...covered, from, firstSeq: more ? await read(start, covered.firstSeq - 1) : covered.firstSeq }
      }
    }
    index.trim(now)
    covered.from = Math.max(covered.from, index.floor)
  }

  /** Look-ups that wait at the same time share one read, which begins after they were made. */
  async function drain(): Promise<void> {
    reading = true
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      try {
        await catchUp(Math.min(...batch.map(({ since }) => since)))
        for (const { resolve } of batch) resolve()
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    reading = false
  }

  async function eventAt(seq: number, key: string): Promise<AttemptEvent | undefined> {
    const record = await readRecord(broker, EVENTS, seq)
    return record && attemptsIn(record.data).find((event) => eventKey(event) === key)
  }

  return {
    note: (key) => own.add(key),
    knows: (key) => own.has(key),
    async lookUp(key, since) {
      await new Promise<void>((resolve, reject) => {
        waiting.push({ since, resolve, reject })
        if (!reading) void drain()
      })
      for (const seq of index.find(key)) {
        const event = await eventAt(seq, key)
        if (event !== undefined) return event
      }
      return undefined
    },
  }
}

/** Records that cannot be read are skipped here; the message log puts them into the quarantine. */
function attemptsIn(data: Uint8Array): AttemptEvent[] {
  try {
    return decodeBatch(data).events.filter((event) => event.type === 'attempt')
  } catch (error) {
    if (error instanceof BadRecordError) return []
    throw error
  }
}
