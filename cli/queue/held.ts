import type { Broker } from '@postrider/broker/connection'
import { MESSAGE } from '@postrider/message-log/messages'
import { DECIDE, HELD_MESSAGES } from '@postrider/message-log/review'
import { readContent } from '@postrider/queue/content'
import type { ContentRef } from '@postrider/queue/content-ref'
import { UnknownMessageError } from '../usage.ts'
import { UsageError } from '@postrider/standalone/usage-error'
import type { QueueOptions } from './commands.ts'
import { askLog, withPlatform } from './connect.ts'
import { heldList } from './held-show.ts'
import { storyLines } from './show.ts'

/** Long, as a release writes the whole message again. Milliseconds. */
const DECISION_MS = 30_000

/** The verbs of `queue held`. */
const HELD_VERBS = ['ls', 'show', 'release', 'delete'] as const

export interface HeldOptions extends QueueOptions {
  /** For `show`: the unchanged message. */
  raw?: boolean
}

/** `postrider queue held ls|show|release|delete`: messages held for review. */
export async function queueHeld(verb: string, options: HeldOptions): Promise<string[]> {
  if (verb === 'ls') return list(options)
  const { id } = options
  if (verb !== 'show' && verb !== 'release' && verb !== 'delete') {
    throw new UsageError(`unknown command queue held ${verb || '(none given)'}; choose one of ${HELD_VERBS.join(', ')}`)
  }
  if (id === undefined) throw new UsageError('give the queue id, as printed by queue held ls')
  return verb === 'show' ? show(id, options) : decide(id, verb, options)
}

function list({ state, domain, limit, json }: HeldOptions): Promise<string[]> {
  return withPlatform(state, async (broker) => {
    const answer = await askLog(broker, HELD_MESSAGES, { domain, limit })
    return json ? [JSON.stringify(answer, null, 2)] : heldList(answer)
  })
}

function show(id: string, { state, json, raw }: HeldOptions): Promise<string[]> {
  return withPlatform(state, async (broker) => {
    const answer = await askLog(broker, MESSAGE, { id })
    if (answer.held === undefined) throw new UnknownMessageError(id)
    const { content, state: now } = answer.held
    if (raw) {
      if (content === null) throw new UsageError(`the content of ${id} no longer exists: the message was ${now}`)
      await writeOut(broker, content)
      return []
    }
    if (json) return [JSON.stringify(answer, null, 2)]
    const headers = content === null ? [] : await headersOf(broker, content)
    return [...storyLines(id, answer), '', ...headers]
  })
}

function decide(id: string, decision: 'release' | 'delete', { state, json }: HeldOptions): Promise<string[]> {
  return withPlatform(state, async (broker) => {
    const decided = await askLog(broker, DECIDE, { id, decision }, DECISION_MS)
    if ('unknown' in decided) throw new UnknownMessageError(id)
    if ('failed' in decided) throw new UsageError(`${id} was not changed: ${decided.failed}`)
    if (json) return [JSON.stringify({ id, ...decided }, null, 2)]
    return [`${id}  ${'done' in decided ? decided.done : `was already ${decided.already}; nothing changed`}`]
  })
}

/** The lines of the header, without characters that could control a terminal. */
async function headersOf(broker: Broker, content: ContentRef): Promise<string[]> {
  const first = await readContent(broker, content).next()
  const text = first.done === true ? '' : first.value.toString()
  const end = text.indexOf('\r\n\r\n')
  const lines = text.slice(0, end === -1 ? undefined : end).split('\r\n')
  return lines.map((line) => line.replaceAll(/[\p{Cc}\p{Cf}]/gu, (found) => (found === '\t' ? '\t' : '?')))
}

async function writeOut(broker: Broker, content: ContentRef): Promise<void> {
  for await (const piece of readContent(broker, content)) {
    await new Promise<void>((resolve, reject) => {
      process.stdout.write(piece, (error) => (error ? reject(error) : resolve()))
    })
  }
}
