import { isDeepStrictEqual } from 'node:util'
import type { KubeObject } from '../object/object.ts'
import type { Cluster } from '../transport/client.ts'
import { isNotFound } from '../transport/errors.ts'
import { setCondition } from './conditions.ts'
import type { Condition, Finding } from './conditions.ts'
import type { Recorder } from './events.ts'

/** An object from the store, whose status is written. */
export interface WithStatus extends KubeObject {
  status?: { conditions?: Condition[] }
}

/** What a controller has found out about an object. */
export interface StatusReport {
  /** Conditions to set; others stay as they are. */
  findings: Finding[]
  /** All other fields of the status: those not given are removed. */
  fields?: object
  /** Which changes of conditions become Events. Default: none. */
  newsOf?: (before: readonly Condition[], now: readonly Condition[]) => News[]
}

/** An Event about a condition that changed. */
export interface News {
  severity: 'Normal' | 'Warning'
  /** The Event's reason. */
  event: string
  note: string
}

/** Writes the status for all controllers: by server-side apply, and only if it differs. Methods resolve with whether something was
 * written; an object that is gone is not an error. */
export interface StatusWriter {
  /** Writes a report about the object's generation, then the Events for what changed. */
  report(object: WithStatus, report: StatusReport): Promise<boolean>
  /** Changes some fields without a statement about the object's generation. */
  amend(object: WithStatus, fields: object): Promise<boolean>
}

/** `now` is the time for conditions that change. */
export function createStatusWriter(
  cluster: Pick<Cluster, 'applyStatus'>,
  recorder: Pick<Recorder, 'record'>,
  now: () => Date = () => new Date(),
): StatusWriter {
  return {
    async report(object, report) {
      const status = statusOf(object, report, now())
      if (!(await apply(cluster, object, status))) return false
      for (const { severity, event, note } of report.newsOf?.(conditionsOf(object), status.conditions) ?? [])
        recorder.record(object, severity, event, note)
      return true
    },
    amend: (object, fields) => apply(cluster, object, { ...object.status, ...fields }),
  }
}

/** The object's conditions. */
export const conditionsOf = ({ status }: WithStatus): Condition[] => status?.conditions ?? []

/** The object's condition of a type; undefined if it has none or there is no object. */
export const conditionOf = (object: WithStatus | undefined, type: string): Condition | undefined =>
  object === undefined ? undefined : conditionsOf(object).find((condition) => condition.type === type)

/** The complete status for a report. Pure. */
function statusOf(object: WithStatus, { findings, fields }: StatusReport, now: Date) {
  const observedGeneration = object.metadata?.generation ?? 0
  const conditions = findings.reduce(
    (before, finding) => setCondition(before, { ...finding, observedGeneration }, now),
    conditionsOf(object),
  )
  return { ...fields, conditions, observedGeneration }
}

async function apply(cluster: Pick<Cluster, 'applyStatus'>, object: WithStatus, status: object): Promise<boolean> {
  const { apiVersion = '', kind = '', metadata = {} } = object
  if (isDeepStrictEqual(comparable(status), comparable(object.status))) return false
  try {
    await cluster.applyStatus<KubeObject & { status: unknown }>({ apiVersion, kind, metadata, status })
    return true
  } catch (error) {
    if (isNotFound(error)) return false
    throw error
  }
}

/** As in JSON, with conditions by type: their order does not matter. */
function comparable(status: unknown): unknown {
  if (status === undefined) return {}
  const plain = JSON.parse(JSON.stringify(status)) as Record<string, unknown>
  const { conditions } = plain
  if (!Array.isArray(conditions)) return plain
  const byType = Object.fromEntries((conditions as { type: string }[]).map((condition) => [condition.type, condition]))
  return { ...plain, conditions: byType }
}
