import { existsSync, readFileSync } from 'node:fs'
import { BrokerUnreachableError, openBroker } from '@postrider/broker/connection'
import type { Broker, BrokerAccess } from '@postrider/broker/connection'
import { BadAnswerError, ask } from '@postrider/broker/question'
import type { Question } from '@postrider/broker/question'
import { accessFile } from '@postrider/standalone/access-file'
import { UsageError } from '@postrider/standalone/usage-error'

/** Connects to the platform of a state folder, or to a broker at `nats://user:password@host:port` (several separated by commas), or at
 * `tls://...?ca=FILE&name=NAME`, if its certificate has another name than the host. Throws a UsageError that says how to start the
 * platform. */
export async function connectToPlatform(state: string): Promise<Broker> {
  if (/^(nats|tls):\/\//.test(state)) return connectByUrl(state)
  const file = accessFile(state)
  if (!existsSync(file)) {
    throw new UsageError(
      `no platform has been started on ${state}; start one with: postrider up FOLDER --state ${state}`,
    )
  }
  try {
    return await openBroker('cli', JSON.parse(readFileSync(file, 'utf8')) as BrokerAccess)
  } catch (cause) {
    if (!(cause instanceof BrokerUnreachableError)) throw cause
    throw new UsageError(
      `the platform on ${state} is not running; start it with: postrider up FOLDER --state ${state}`,
      { cause },
    )
  }
}

async function connectByUrl(urls: string): Promise<Broker> {
  const servers = urls.split(',').map((url) => new URL(url))
  const [first = new URL(urls)] = servers
  const { username, password, searchParams } = first
  const [caFile, servername] = [searchParams.get('ca'), searchParams.get('name')]
  const access: BrokerAccess = {
    servers: servers.map(({ protocol, host }) => `${protocol}//${host}`),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    ...(caFile === null ? {} : { tls: { caFile, ...(servername === null ? {} : { servername }) } }),
  }
  try {
    return await openBroker('cli', access)
  } catch (cause) {
    if (!(cause instanceof BrokerUnreachableError)) throw cause
    throw new UsageError(cause.message, { cause })
  }
}

/** How long the message log may take to answer. Milliseconds. */
const ANSWER_MS = 5000

/** Asks the message log, which answers while the notifier runs. Throws a UsageError that says what to do. */
export async function askLog<Request, Answer>(
  broker: Broker,
  question: Question<Request, Answer>,
  request: Request,
  timeoutMs = ANSWER_MS,
): Promise<Answer> {
  try {
    return await ask(broker, question, request, timeoutMs)
  } catch (cause) {
    if (cause instanceof BadAnswerError) throw new UsageError(`the message log answered: ${cause.message}`, { cause })
    throw new UsageError(
      'the message log does not answer: the notifier is starting or away; try again in a few seconds',
      { cause },
    )
  }
}

/** Passes a connection to `run`, and closes it afterwards. */
export async function withPlatform<Result>(state: string, run: (broker: Broker) => Promise<Result>): Promise<Result> {
  const broker = await connectToPlatform(state)
  try {
    return await run(broker)
  } finally {
    await broker.close()
  }
}
