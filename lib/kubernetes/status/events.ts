import { createHash } from 'node:crypto'
import type { Cluster } from '../transport/client.ts'
import { systemClock } from '../reconcile/clock.ts'
import type { Clock } from '../reconcile/clock.ts'
import { isNotFound } from '../transport/errors.ts'
import { KINDS } from '../object/kinds.ts'
import { microTime } from '../lease/lease-record.ts'
import { keyOf, refTo } from '../object/object.ts'
import type { KubeObject } from '../object/object.ts'
import { tokenBucket } from '../reconcile/token-bucket.ts'
import type { Rate, TokenBucket } from '../reconcile/token-bucket.ts'

export interface RecorderOptions {
  /** The reporting pod; at most 128 characters. */
  instance?: string
  /** A repeated event is written again, as a series with its count, at most this often. Default 5 minutes. */
  repeatMs?: number
  /** Events of one object: `burst` at once, then one every 60 s / `perMinute`; others are dropped. Default 50 and 1. */
  rate?: Rate
  clock?: Clock
  onError?(error: unknown): void
}

export interface Recorder {
  /** Records an event, which `kubectl describe` shows. Returns at once and never throws: events are best effort. `reason` is one
   * CamelCase word; `note` is a sentence with what to do about it, cut at 1024 octets. */
  record(object: KubeObject, type: 'Normal' | 'Warning', reason: string, note: string): void
  /** Resolves when everything recorded, including repeat counts, is written or given up. */
  flush(): Promise<void>
}

interface Report {
  object: KubeObject
  type: 'Normal' | 'Warning'
  reason: string
  note: string
}

/** A report that may be repeated. */
interface Series {
  report: Report
  /** Name of the Event; undefined until it is written, or if that failed. */
  name: string | undefined
  count: number
  written: number
  lastAt: Date
  callOff: (() => void) | undefined
  forget: (() => void) | undefined
}

const CONTROLLER = 'postrider.dev/operator'
/** The server keeps an Event for an hour. After this time without a repetition, a new series starts. */
const SILENCE_MS = 30 * 60_000
/** Events that wait to be written; more are dropped. */
const MAX_QUEUE = 1000
const MAX_NOTE = 1024

/** Writes Events of events.k8s.io/v1. Repeated reports with the same text about the same object become one series; those over the
 * limits are dropped. */
export function createRecorder(cluster: Cluster, options: RecorderOptions = {}): Recorder {
  const { instance = 'postrider-operator', repeatMs = 5 * 60_000, clock = systemClock } = options
  const { rate = { burst: 50, perMinute: 1 }, onError = () => undefined } = options
  const series = new Map<string, Series>()
  const buckets = new Map<string, TokenBucket>()
  let writing: Promise<void> = Promise.resolve()
  let queued = 0

  /** One write at a time, so that many events do not overload the server. */
  function enqueue(write: () => Promise<void>): void {
    if (queued >= MAX_QUEUE) return
    queued++
    writing = writing
      .then(write)
      .catch(onError)
      .finally(() => queued--)
  }

  function allowed(object: KubeObject): boolean {
    const now = clock.now()
    const key = object.metadata?.uid ?? keyOf(object)
    if (buckets.size > MAX_QUEUE) {
      for (const [old, bucket] of buckets) if (bucket.full(now)) buckets.delete(old)
    }
    const bucket = buckets.get(key) ?? tokenBucket(rate, now)
    buckets.set(key, bucket)
    return bucket.take(now) === 0
  }

  function begin(key: string, report: Report): void {
    if (!allowed(report.object)) return
    const one: Series = {
      report,
      name: undefined,
      count: 1,
      written: 0,
      lastAt: new Date(),
      callOff: undefined,
      forget: undefined,
    }
    series.set(key, one)
    keep(key, one)
    enqueue(() => create(one))
  }

  async function create(one: Series): Promise<void> {
    const event = eventOf(one.report, one.lastAt, instance)
    await cluster.create(event)
    one.name = event.metadata?.name
    one.written = 1
  }

  function repeat(key: string, one: Series): void {
    one.count++
    one.lastAt = new Date()
    keep(key, one)
    one.callOff ??= clock.after(repeatMs, () => writeSoon(one))
  }

  function writeSoon(one: Series): void {
    one.callOff = undefined
    enqueue(() => writeCount(one))
  }

  async function writeCount(one: Series): Promise<void> {
    const { count, report, name } = one
    if (one.written === count) return
    if (name === undefined) return create(one)
    try {
      await cluster.merge(refTo(KINDS.Event, namespaceOf(report.object), name), {
        series: { count, lastObservedTime: microTime(one.lastAt) },
      })
      one.written = count
    } catch (error) {
      if (!isNotFound(error)) throw error
      // The server has deleted it in the meantime.
      one.count = 1
      await create(one)
    }
  }

  function keep(key: string, one: Series): void {
    one.forget?.()
    one.forget = clock.after(SILENCE_MS, () => {
      one.callOff?.()
      series.delete(key)
    })
  }

  return {
    record(object, type, reason, note) {
      const report = { object, type, reason, note: cut(note) }
      const key = JSON.stringify([object.kind, object.metadata?.uid ?? keyOf(object), type, reason, report.note])
      const known = series.get(key)
      if (known === undefined) begin(key, report)
      else repeat(key, known)
    },
    async flush() {
      for (const one of series.values()) {
        one.forget?.()
        if (one.callOff === undefined) continue
        one.callOff()
        writeSoon(one)
      }
      await writing
    },
  }
}

const namespaceOf = ({ metadata }: KubeObject): string => metadata?.namespace ?? 'default'

function eventOf({ object, type, reason, note }: Report, at: Date, instance: string): KubeObject {
  const { apiVersion, kind, metadata } = object
  const namespace = namespaceOf(object)
  const hash = createHash('sha256').update(`${type}${reason}${note}${at.getTime()}${instance}`)
  return {
    apiVersion: KINDS.Event.apiVersion,
    kind: KINDS.Event.kind,
    metadata: { name: `${(metadata?.name ?? 'unknown').slice(0, 220)}.${hash.digest('hex').slice(0, 16)}`, namespace },
    // Fields that KubeObject does not have.
    ...{
      eventTime: microTime(at),
      reportingController: CONTROLLER,
      reportingInstance: instance.slice(0, 128),
      action: reason,
      reason,
      type,
      note,
      regarding: {
        apiVersion,
        kind,
        name: metadata?.name,
        namespace: metadata?.namespace,
        uid: metadata?.uid,
        resourceVersion: metadata?.resourceVersion,
      },
    },
  }
}

/** Cuts by octets, but not within a character. */
function cut(note: string): string {
  if (Buffer.byteLength(note) <= MAX_NOTE) return note
  let short = note.slice(0, MAX_NOTE)
  while (Buffer.byteLength(short) > MAX_NOTE - 3) short = short.slice(0, -1)
  return `${short}\u2026`
}
