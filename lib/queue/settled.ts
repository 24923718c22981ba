import type { StreamInfo } from '@nats-io/jetstream'
import { BoundedMap } from '@postrider/bounded-map/bounded-map'
import type { Broker } from '@postrider/broker/connection'
import { decodeBatch } from './decode-events.ts'
import type { AttemptEvent } from './event.ts'
import { EVENTS } from '@postrider/broker/names'
import { readRecord } from '@postrider/broker/read-record'
import { readStream } from '@postrider/broker/read-stream'
import { LOOK_BACK_MS } from './look-back.ts'
import { INDEX_LIMITS, SettledIndex } from './settled-index.ts'
import type { IndexLimits } from './settled-index.ts'
import { OlderEvents } from './settled-older.ts'
import type { SettledAttempt, Wanted } from './settled-older.ts'
import { BadRecordError } from '@postrider/broker/stored'

/**
 * Looks up attempts whose outcome is on disk, so that no attempt is made twice.
 *
 * The event is authoritative and the acknowledgement only follows it, so a job can be delivered again after it was settled: when a worker
 * died between the two, or the broker did (it writes acknowledgements up to some 100 ms late). The event is then usually a recent one, in
 * the tail of EVENTS, of which an index is kept. After an outage it is older, and EVENTS is read for it.
 */
export interface Settled {
  /** Remembers an attempt that this process settled. */
  note(key: string): void
  /** Whether this process recently settled the attempt: then look it up. */
  knows(key: string): boolean
  /** Reads the events written since the last read, then returns the event of the attempt, if there is one. `since`: the attempt was not
   * settled before that time, and `until`: if it was settled after that time, then within the last minutes; both by the broker's clock.
   * Without `until`, only the events of the last minutes are searched. An attempt that this process settled is found, whenever that was.
   * Waits for as long as reading takes. Rejects when EVENTS cannot be read at the moment. */
  lookUp(key: string, since: number, until?: number): Promise<AttemptEvent | undefined>
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
/** How many attempts a process remembers that it settled or looked up. */
const MAX_REMEMBERED = 40_000

/** A look-up that waits to be answered with the sequences of the records that may contain the event. */
interface LookUp extends Omit<Wanted, 'until'> {
  until: number | undefined
  resolve: (sequences: number[]) => void
  reject: (error: unknown) => void
}

/** A look-up for which everything was read that was stored from `from` to `now`. */
interface Read {
  lookUp: LookUp
  from: number
  now: number
}

export function createSettled(broker: Broker, limits: IndexLimits = INDEX_LIMITS): Settled {
  let index = new SettledIndex(limits)
  const older = new OlderEvents(attemptsFrom)
  /** When this process settled an attempt. Monotonic milliseconds. */
  const own = new BoundedMap<number>(MAX_REMEMBERED)
  /** The time in which an attempt was found not to be settled, by the broker's clock. */
  let open = new BoundedMap<{ since: number; at: number }>(MAX_REMEMBERED)
  let covered: Covered | undefined
  let waiting: LookUp[] = []
  let reading = false
  let waitingOlder: (Read & { lookUp: LookUp & Wanted; recent: number[] })[] = []
  let readingOlder = false

  async function* attemptsFrom(from: number): AsyncGenerator<SettledAttempt> {
    const { messages, last_seq: last, last_ts: lastAt } = (await broker.jsm.streams.info(EVENTS)).state
    if (messages === 0 || Date.parse(lastAt) < from) return
    for await (const { seq, at, data } of readStream(broker, EVENTS, startAt(from), last)) {
      for (const event of attemptsIn(data)) yield { key: eventKey(event), seq, at }
    }
  }

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

  /** Narrows or widens the time in which an attempt may have been settled by what this process knows. */
  function bounded(lookUp: LookUp, now: number): LookUp {
    const settledAt = own.get(lookUp.key)
    const wasOpen = open.get(lookUp.key)
    let { since, until } = lookUp
    // The job may be a second record, which was stored after the attempt was settled. The broker may have stored the event some time
    // before it confirmed it.
    if (settledAt !== undefined) {
      const noted = now - (performance.now() - settledAt)
      since = Math.min(since, noted - limits.maxAgeMs)
      until = Math.max(until ?? noted, noted)
    }
    if (wasOpen !== undefined && wasOpen.since <= since) since = Math.max(since, wasOpen.at - LOOK_BACK_MS)
    return { ...lookUp, since, until }
  }

  /** Reads EVENTS up to its current end into the index, from the earliest time that a look-up needs, but nothing that is too old for the
   * index. Resolves with the look-ups, bounded, and the time from which the index is complete. */
  async function catchUp(asked: LookUp[]): Promise<{ lookUps: LookUp[]; from: number; now: number }> {
    const info = await broker.jsm.streams.info(EVENTS)
    const { messages, first_seq: oldest, last_seq: last, last_ts: lastAt } = info.state
    const now = brokerTime(info)
    if (covered !== undefined && last + 1 < covered.nextSeq) {
      // The broker came back with a different store.
      covered = undefined
      index = new SettledIndex(limits)
      older.clear()
      open = new BoundedMap(MAX_REMEMBERED)
    }
    const lookUps = asked.map((lookUp) => bounded(lookUp, now))
    const since = lookUps.reduce((first, lookUp) => Math.min(first, lookUp.since), Infinity)
    const from = Math.max(since, now - limits.maxAgeMs, index.floor)
    const until = { until: now, nextSeq: last + 1 }
    if (covered === undefined || covered.until < from) {
      // Events between the last read and `from` are no longer relevant.
      const none = messages === 0 || Date.parse(lastAt) < from
      covered = { from, firstSeq: none ? last + 1 : await read(startAt(from), last), ...until }
    } else {
      if (last >= covered.nextSeq) await read({ seq: covered.nextSeq }, last)
      covered = { ...covered, ...until }
      if (from < covered.from) {
        const more = messages > 0 && covered.firstSeq > oldest
        covered = {
          ...covered,
          from,
          firstSeq: more ? await read(startAt(from), covered.firstSeq - 1) : covered.firstSeq,
        }
      }
    }
    index.trim(now)
    covered.from = Math.max(covered.from, index.floor)
    return { lookUps, from: covered.from, now }
  }

  /** Look-ups that wait at the same time share one read, which begins after they were made. */
  async function drain(): Promise<void> {
    reading = true
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      try {
        const { lookUps, from, now } = await catchUp(batch)
        for (const lookUp of lookUps) {
          const sequences = index.find(lookUp.key)
          const { until } = lookUp
          if (lookUp.since >= from || until === undefined) answer({ lookUp, from, now }, sequences)
          else waitingOlder.push({ lookUp: { ...lookUp, until }, recent: sequences, from, now })
        }
        if (!readingOlder && waitingOlder.length > 0) void drainOlder()
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    reading = false
  }

  /** Reading older events may take long, and the other look-ups do not wait for it. */
  async function drainOlder(): Promise<void> {
    readingOlder = true
    while (waitingOlder.length > 0) {
      const batch = waitingOlder
      waitingOlder = []
      const [from, now] = [Math.max(...batch.map((one) => one.from)), Math.max(...batch.map((one) => one.now))]
      try {
        const found = await older.find(
          batch.map(({ lookUp }) => lookUp),
          from,
          now,
        )
        for (const one of batch) answer(one, [...(found.get(one.lookUp.key) ?? []), ...one.recent])
      } catch (error) {
        for (const { lookUp } of batch) lookUp.reject(error)
      }
    }
    readingOlder = false
  }

  function answer({ lookUp, from, now }: Read, sequences: number[]): void {
    const { key, since, until, resolve } = lookUp
    // Between `until` and `from` nothing was read.
    const at = since >= from ? now : until === undefined || until < from ? until : now
    if (sequences.length === 0 && at !== undefined) open.set(key, { since, at })
    resolve(sequences)
  }

  async function eventAt(seq: number, key: string): Promise<AttemptEvent | undefined> {
    const record = await readRecord(broker, EVENTS, seq)
    return record && attemptsIn(record.data).find((event) => eventKey(event) === key)
  }

  return {
    note: (key) => own.set(key, performance.now()),
    knows: (key) => own.get(key) !== undefined,
    async lookUp(key, since, until) {
      const sequences = await new Promise<number[]>((resolve, reject) => {
        waiting.push({ key, since, until, resolve, reject })
        if (!reading) void drain()
      })
      // Of two contradicting events, the first one counts.
      for (const seq of sequences.sort((a, b) => a - b)) {
        const event = await eventAt(seq, key)
        if (event !== undefined) return event
      }
      return undefined
    },
  }
}

const startAt = (time: number): { start_time: string } => ({ start_time: new Date(time).toISOString() })

/** Records that cannot be read are skipped here; the message log puts them into the quarantine. */
function attemptsIn(data: Uint8Array): AttemptEvent[] {
  try {
    return decodeBatch(data).events.filter((event) => event.type === 'attempt')
  } catch (error) {
    if (error instanceof BadRecordError) return []
    throw error
  }
}
