import { QUARANTINE_DECIDE, QUARANTINE_LIST, QUARANTINE_SHOW } from '@postrider/message-log/quarantine'
import { UnknownRecordError } from '../usage.ts'
import { UsageError } from '@postrider/standalone/usage-error'
import { askLog, withPlatform } from './connect.ts'
import { entryLines, quarantineLines } from './quarantine-show.ts'

/** The verbs of `queue quarantine`. */
const QUARANTINE_VERBS = ['ls', 'show', 'retry', 'drop'] as const

export interface QuarantineOptions {
  state: string
  /** Number of the record, as `ls` prints it. */
  id?: string
  json?: boolean
  limit?: number
}

/** Long, as a retry may write a whole message again. Milliseconds. */
const DECISION_MS = 30_000

/** `postrider queue quarantine ls|show|retry|drop`: records that could not be read or written. */
export async function queueQuarantine(verb: string, options: QuarantineOptions): Promise<string[]> {
  if (verb === 'ls') return list(options)
  if (verb !== 'show' && verb !== 'retry' && verb !== 'drop') {
    throw new UsageError(
      `unknown command queue quarantine ${verb || '(none given)'}; choose one of ${QUARANTINE_VERBS.join(', ')}`,
    )
  }
  const number = numberOf(options.id)
  return verb === 'show' ? show(number, options) : decide(number, verb, options)
}

function numberOf(text: string | undefined): number {
  if (text === undefined) throw new UsageError('give the number of the record, as printed by queue quarantine ls')
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new UsageError(`${text} is not the number of a record in the quarantine`)
  return Number(text)
}

function list({ state, limit, json }: QuarantineOptions): Promise<string[]> {
  return withPlatform(state, async (broker) => {
    const answer = await askLog(broker, QUARANTINE_LIST, { act: 'ls', limit })
    return json ? [JSON.stringify(answer, null, 2)] : quarantineLines(answer)
  })
}

function show(number: number, { state, json }: QuarantineOptions): Promise<string[]> {
  return withPlatform(state, async (broker) => {
    const answer = await askLog(broker, QUARANTINE_SHOW, { act: 'show', number })
    if ('unknown' in answer) throw new UnknownRecordError(number)
    return json ? [JSON.stringify(answer, null, 2)] : entryLines(answer.entry, answer.text)
  })
}

function decide(number: number, act: 'retry' | 'drop', { state, json }: QuarantineOptions): Promise<string[]> {
  return withPlatform(state, async (broker) => {
    const decided = await askLog(broker, QUARANTINE_DECIDE, { act, number }, DECISION_MS)
    if ('unknown' in decided) throw new UnknownRecordError(number)
    if ('failed' in decided) throw new UsageError(`record ${number} stays in the quarantine: ${decided.failed}`)
    if (json) return [JSON.stringify({ number, ...decided }, null, 2)]
    return [`${number}  ${decided.done}${decided.id === undefined ? '' : `, message ${decided.id}`}`]
  })
}
