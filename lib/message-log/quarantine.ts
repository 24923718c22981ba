import { LOG_QUARANTINE } from '@postrider/broker/names'
import { question } from '@postrider/broker/question'
import { shapeOf } from '@postrider/broker/stored'
import type { QuarantineNote } from '@postrider/queue/quarantine'
import { z } from 'zod'

/** A record in the quarantine. */
export interface QuarantineEntry {
  /** Its sequence number in the stream. */
  number: number
  /** null when it cannot be read. */
  note: QuarantineNote | null
}

export interface QuarantineList {
  /** The oldest first. */
  entries: QuarantineEntry[]
  count: number
}

/** The result of a decision about a record in the quarantine. */
export type QuarantineDecided =
  { done: 'retried' | 'dropped'; id?: string | undefined } | { unknown: true } | { failed: string }

/** A record, and its beginning as text. */
export type QuarantineShown = { entry: QuarantineEntry; text: string } | { unknown: true }

const list = z.object({ act: z.literal('ls'), limit: z.number().int().positive().optional() })
const number = z.number().int().positive()
const show = z.object({ act: z.literal('show'), number })
const decide = z.object({ act: z.enum(['retry', 'drop']), number })

/** Lists the records in the quarantine. */
export const QUARANTINE_LIST = question<z.infer<typeof list>, QuarantineList>(
  LOG_QUARANTINE,
  list,
  shapeOf<QuarantineList>(z.looseObject({ entries: z.array(z.looseObject({ number })), count: z.number() })),
)

/** Returns one record. */
export const QUARANTINE_SHOW = question<z.infer<typeof show>, QuarantineShown>(
  LOG_QUARANTINE,
  show,
  shapeOf<QuarantineShown>(z.looseObject({})),
)

/** Retries or drops one record. */
export const QUARANTINE_DECIDE = question<z.infer<typeof decide>, QuarantineDecided>(
  LOG_QUARANTINE,
  decide,
  shapeOf<QuarantineDecided>(z.looseObject({})),
)

const any = z.discriminatedUnion('act', [list, show, decide])
export type QuarantineRequest = z.infer<typeof any>
export type QuarantineAnswer = QuarantineList | QuarantineShown | QuarantineDecided

/** The three questions in one, as the notifier answers them: they share a subject. */
export const QUARANTINE_QUESTIONS = question<QuarantineRequest, QuarantineAnswer>(
  LOG_QUARANTINE,
  any,
  shapeOf<QuarantineAnswer>(z.looseObject({})),
)
