import { isDeepStrictEqual } from 'node:util'
import type { KubeObject } from '../object/object.ts'
import type { Cluster } from '../transport/client.ts'
import { isNotFound } from '../transport/errors.ts'
import { setCondition } from './conditions.ts'
import type { Condition, Finding } from './conditions.ts'
import type { Recorder } from './events.ts'

/** An object whose status is written, as the store has it. */
export interface WithStatus extends KubeObject {
  status?: { conditions?: Condition[] }
}

/** What a controller has found out about an object. */
export interface StatusReport {
  /** Conditions to set; others stay as they are. */
  findings: Finding[]
  /** The rest of the status: what is not among it is taken away. */
  fields?: object
  /** Tells which changes of conditions become Events. Default: none. */
  newsOf?: (before: readonly Condition[], now: readonly Condition[]) => News[]
}

/** An Event about a condition that changed. */
export interface News {
  severity: 'Normal' | 'Warning'
  /** The Event's reason. */
  event: string
  note: string
}

/** The one way in which controllers write a status: by server-side apply, when it differs from the one that the object has. All
 * methods resolve with whether something was written; an object that is gone by now is not an error. */
export interface StatusWriter {
  /** Writes what was found out about the generation that the object has, then the Events for what changed. */
  report(object: WithStatus, report: StatusReport): Promise<boolean>
  /** Changes some fields and says nothing about the object's generation. */
  amend(object: WithStatus, fields: object): Promise<boolean>
}

/** `now` gives the time for conditions that change. */
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

/** Those that the object has. */
export const conditionsOf = ({ status }: WithStatus): Condition[] => status?.conditions ?? []

/** The condition of a type that the object has; undefined when it has none or there is no object. */
export const conditionOf = (object: WithStatus | undefined, type: string): Condition | undefined =>
  object === undefined ? undefined : conditionsOf(object).find((condition) => condition.type === type)

/** The whole status that a report asks for. Pure. */
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

/** As JSON has it, in an order that makes no difference. */
function comparable(status: unknown): unknown {
  if (status === undefined) return {}
  const plain = JSON.parse(JSON.stringify(status)) as Record<string, unknown>
  const { conditions } = plain
  if (!Array.isArray(conditions)) return plain
  const byType = Object.fromEntries((conditions as { type: string }[]).map((condition) => [condition.type, condition]))
  return { ...plain, conditions: byType }
}
