import type { Broker } from '@postrider/broker/connection'
import { answer } from '@postrider/broker/question'
import { QUARANTINE_QUESTIONS } from '@postrider/message-log/quarantine'
import type { QuarantineAnswer, QuarantineRequest } from '@postrider/message-log/quarantine'
import type { QuarantineDecisions } from './decide.ts'
import { countQuarantined, findQuarantined, listQuarantined } from './stored.ts'

const DEFAULT_LIMIT = 200
const MAX_LIMIT = 10_000
/** Octets of a record that are shown. */
const MAX_SHOWN_BYTES = 64 * 1024

/** Answers the requests of `postrider queue quarantine`. */
export function answerQuarantine(
  broker: Broker,
  decisions: QuarantineDecisions,
  onError: (error: unknown) => void,
): void {
  answer(broker, QUARANTINE_QUESTIONS, (request) => answerTo(broker, decisions, request), onError)
}

async function answerTo(
  broker: Broker,
  decisions: QuarantineDecisions,
  request: QuarantineRequest,
): Promise<QuarantineAnswer> {
  if (request.act === 'ls') {
    const limit = Math.min(request.limit ?? DEFAULT_LIMIT, MAX_LIMIT)
    const entries = await listQuarantined(broker, limit)
    const { present } = await countQuarantined(broker)
    return { entries: entries.map(({ number, note }) => ({ number, note: note ?? null })), count: present }
  }
  if (request.act === 'show') {
    const found = await findQuarantined(broker, request.number)
    if (found === undefined) return { unknown: true }
    const { number, note, data } = found
    return { entry: { number, note: note ?? null }, text: Buffer.from(data.subarray(0, MAX_SHOWN_BYTES)).toString() }
  }
  return decisions[request.act](request.number)
}
