import { z } from 'zod'
import type { Broker } from '@postrider/broker/connection'
import { LOG_QUARANTINE } from '@postrider/broker/names'
import type { QuarantineNote } from '@postrider/queue/quarantine'
import type { QuarantineDecided, QuarantineDecisions } from './decide.ts'
import { countQuarantined, findQuarantined, listQuarantined } from './stored.ts'

/** A question about the quarantine, asked by broker request. */
export const quarantineQuestion = z.discriminatedUnion('act', [
  z.object({ act: z.literal('ls'), limit: z.number().int().positive().optional() }),
  z.object({ act: z.enum(['show', 'retry', 'drop']), number: z.number().int().positive() }),
])
export type QuarantineQuestion = z.infer<typeof quarantineQuestion>

export interface QuarantineEntry {
  number: number
  note: QuarantineNote | null
}

export type QuarantineAnswer =
  | { entries: QuarantineEntry[]; count: number }
  /** The beginning of the record, as text. */
  | { entry: QuarantineEntry; text: string }
  | QuarantineDecided

const DEFAULT_LIMIT = 200
const MAX_LIMIT = 10_000
/** Of a record, so many octets are shown. */
const MAX_SHOWN_BYTES = 64 * 1024

/** Answers the questions of `queue quarantine`, as JSON. */
export function answerQuarantine(
  broker: Broker,
  decisions: QuarantineDecisions,
  onError: (error: unknown) => void,
): void {
  broker.nc.subscribe(LOG_QUARANTINE, {
    queue: 'log',
    callback: (error, message) => {
      if (error) return
      const respond = (answer: QuarantineAnswer): void => void message.respond(JSON.stringify(answer))
      answerTo(broker, decisions, message.string()).then(respond, (cause: unknown) => {
        onError(cause)
        respond({ failed: 'something failed; the log of the notifier has the reason' })
      })
    },
  })
}

async function answerTo(broker: Broker, decisions: QuarantineDecisions, text: string): Promise<QuarantineAnswer> {
  const question = quarantineQuestion.parse(JSON.parse(text))
  if (question.act === 'ls') {
    const limit = Math.min(question.limit ?? DEFAULT_LIMIT, MAX_LIMIT)
    const entries = await listQuarantined(broker, limit)
    const { present } = await countQuarantined(broker)
    return { entries: entries.map(({ number, note }) => ({ number, note: note ?? null })), count: present }
  }
  if (question.act === 'show') {
    const found = await findQuarantined(broker, question.number)
    if (found === undefined) return { unknown: true }
    const { number, note, data } = found
    return { entry: { number, note: note ?? null }, text: Buffer.from(data.subarray(0, MAX_SHOWN_BYTES)).toString() }
  }
  return decisions[question.act](question.number)
}
