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
  /** The pod that tells; at most 128 characters. */
  instance?: string
  /** A repeated event is written again, as a series with its count, at most this often. Default 5 minutes. */
  repeatMs?: number
  /** Events of one object: `burst` at once, then one each 60 s / `perMinute`; the rest is not written. Default 50 and 1. */
  rate?: Rate
  clock?: Clock
  onError?(error: unknown): void
}

export interface Recorder {
  /** Tells the readers of `kubectl describe` of something. Returns at once and never throws: an event is help, not a promise.
   * `reason` is one CamelCase word; `note` a sentence with what to do about it, cut at 1024 bytes. */
  record(object: KubeObject, type: 'Normal' | 'Warning', reason: string, note: string): void
  /** Resolves when all that was recorded is written or given up, the counts of what is repeated included. */
  flush(): Promise<void>
}

interface Report {
  object: KubeObject
  type: 'Normal' | 'Warning'
  reason: string
  note: string
}

/** Something that was reported, perhaps many times. */
interface Series {
  report: Report
  /** Of the Event; undefined until it is written, and when its writing failed. */
  name: string | undefined
  count: number
  written: number
  lastAt: Date
  callOff: (() => void) | undefined
  forget: (() => void) | undefined
}

const CONTROLLER = 'postrider.dev/operator'
/** The server keeps an Event for an hour; a series that is silent for this long starts again. */
const SILENCE_MS = 30 * 60_000
/** What waits to be written; beyond that it is not. */
const MAX_QUEUE = 1000
const MAX_NOTE = 1024

/** Events of events.k8s.io/v1. Repeated reports with the same text about the same object become one series; what would be
 * too much is left out. */
export function createRecorder(cluster: Cluster, options: RecorderOptions = {}): Recorder {
  const { instance = 'postrider-operator', repeatMs = 5 * 60_000, clock = systemClock } = options
  const { rate = { burst: 50, perMinute: 1 }, onError = () => undefined } = options
  const series = new Map<string, Series>()
  const buckets = new Map<string, TokenBucket>()
  let writing: Promise<void> = Promise.resolve()
  let queued = 0

  /** One after the other: a storm of events leaves the server its breath. */
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
      // The server has forgotten it meanwhile.
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
    // More than the machinery knows of objects.
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

/** By bytes, and not within a character. */
function cut(note: string): string {
  if (Buffer.byteLength(note) <= MAX_NOTE) return note
  let short = note.slice(0, MAX_NOTE)
  while (Buffer.byteLength(short) > MAX_NOTE - 3) short = short.slice(0, -1)
  return `${short}\u2026`
}
