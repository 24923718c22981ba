import { domainToASCII } from 'node:url'
import { BrokerUnreachableError } from '@postrider/broker/connection'
import { messageShow, queueCancel, queueList, queueRetry } from '../queue/commands.ts'
import type { QueueOptions } from '../queue/commands.ts'
import { queueHeld } from '../queue/held.ts'
import { queueQuarantine } from '../queue/quarantine.ts'
import { UsageError } from '@postrider/standalone/usage-error'
import { USAGE } from './arguments.ts'
import type { Answer, Options } from './arguments.ts'
import { findBroker } from './broker.ts'
import type { BrokerPlace } from './broker.ts'
import { closest } from './closest.ts'
import type { Caller } from './cluster.ts'

/** The form of queue ids. An id becomes part of a NATS subject, where `*` would mean every message. */
const QUEUE_ID = /^[0-9a-z]{1,40}$/

type Command = (options: QueueOptions) => Promise<string[]>
const COMMANDS: Record<string, Command> = { ls: queueList, show, retry: queueRetry, cancel: queueCancel }
const HELD = 'held'
const QUARANTINE = 'quarantine'

/** `kubectl postrider queue ls|show|retry|cancel|held|quarantine`: the commands of standalone mode, with the broker of the cluster. */
export async function queue(caller: Caller, options: Options): Promise<Answer> {
  const { verb, act, ids } = wordsOf(options.words)
  const command = commandOf(verb, act, options)
  if (command === undefined)
    throw new UsageError(
      verb === ''
        ? USAGE
        : `unknown command queue ${verb}${closest(verb, [...Object.keys(COMMANDS), HELD, QUARANTINE])}`,
    )
  const asked = readFilters(ids, options)
  if (verb === 'show' && asked.id === undefined) throw new UsageError('give the queue id from the 250 reply')
  const broker = await findBroker(caller, options)
  try {
    return { lines: await command({ ...asked, state: broker.url }), code: 0 }
  } catch (error) {
    throw withTrouble(error, broker)
  } finally {
    broker.close()
  }
}

function commandOf(verb: string, act: string, { raw }: Options): Command | undefined {
  if (verb === HELD) return (asked) => queueHeld(act, { ...asked, raw })
  if (verb === QUARANTINE) return (asked) => queueQuarantine(act, asked)
  return Object.entries(COMMANDS).find(([name]) => name === verb)?.[1]
}

/** `queue VERB ID`, or `queue held ACT ID` and `queue quarantine ACT NUMBER`. */
function wordsOf([, verb = '', ...rest]: string[]): { verb: string; act: string; ids: string[] } {
  return verb === HELD || verb === QUARANTINE
    ? { verb, act: rest[0] ?? '', ids: rest.slice(1) }
    : { verb, act: '', ids: rest }
}

function show(options: QueueOptions): Promise<string[]> {
  return messageShow(options.id ?? '', options)
}

function readFilters([id, ...more]: string[], { domain, destination, limit, json }: Options) {
  if (more.length > 0) throw new UsageError(`give one queue id at a time, not also ${more.join(' ')}`)
  if (id !== undefined && !QUEUE_ID.test(id))
    throw new UsageError(`${id} is not a queue id, which consists of letters and digits`)
  if (limit !== undefined && !/^[1-9]\d{0,8}$/.test(limit))
    throw new UsageError(`--limit ${limit}: must be a whole number of at least 1`)
  return {
    ...(id === undefined ? {} : { id }),
    domain: domainName(domain),
    destination: domainName(destination),
    ...(limit === undefined ? {} : { limit: Number(limit) }),
    json,
  }
}

/** As in the queue: lower case, A-labels. An address literal stays as it is. */
const domainName = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : domainToASCII(text) || text

/** The port-forward knows better why the broker did not answer. */
function withTrouble(error: unknown, { trouble }: BrokerPlace): unknown {
  if (!(error instanceof UsageError) || !(error.cause instanceof BrokerUnreachableError) || trouble === undefined)
    return error
  return new UsageError(`the broker cannot be reached: ${trouble}`, { cause: error })
}
