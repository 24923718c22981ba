import type { Broker } from '@postrider/queue/broker'
import { ContentGone, readContent } from '@postrider/queue/content'
import { RecordUnavailableError } from '@postrider/queue/read-record'
import type { Taken } from '@postrider/queue/take'
import type { RuntimeConfig } from '@postrider/runtime-config/config'
import type { DnsResolver } from './route/resolver.ts'
import type { Route } from './route/route.ts'
import { resolveRoute } from './route/router.ts'
import { dial } from './site/dial.ts'
import { RequireTlsUnmet } from './site/require-tls.ts'
import type { Finding, Later, Slot } from './site/site.ts'
import type { Sites } from './site/sites.ts'
import type { SmtpConnection } from './transaction/connection.ts'
import { Broken, TurnedAway, forAll } from './transaction/outcome.ts'
import type { TransactionOutcome } from './transaction/outcome.ts'
import { transact } from './transaction/transaction.ts'

/** Makes one attempt at a job: where to, a slot there, one transaction. Or says that the site has no room now. */
export type Attempt = (taken: Taken) => Promise<TransactionOutcome | Later>

export interface AttemptDependencies {
  broker: Broker
  config: () => RuntimeConfig
  resolver: () => DnsResolver
  sites: Sites
  /** A connection was lost after the final dot: the remote may have the message, and it is sent again. */
  ambiguous: () => void
}

export function createAttempt({ broker, config, resolver, sites, ambiguous }: AttemptDependencies): Attempt {
  return async (taken) => {
    const { envelope, destination } = taken.job
    const { platform, policies, pools } = config()
    const { smtpPort, hostName, timeouts } = platform
    const found = await resolveRoute(destination, { resolver: resolver(), policies, smtpPort, hostName })
    if ('reply' in found)
      return { recipients: forAll(envelope.recipients, { result: 'refused', reply: found.reply, stage: 'dns' }) }
    const route: Route = envelope.requireTls === true ? { ...found, tls: 'required', requireTls: true } : found
    const place = await sites.reserve(route)
    if ('later' in place) return place
    if ('resting' in place) {
      const reply = `${route.site} can not be reached just now: ${place.resting}`
      return {
        recipients: forAll(envelope.recipients, { result: 'failed', reply, errorCode: 'RESTING', stage: 'connect' }),
      }
    }
    const pool = pools.get(route.pool ?? platform.pool ?? '')
    const open = (): Promise<SmtpConnection> =>
      dial(route, { resolver: resolver(), timeouts, ehloName: hostName, pool })
    try {
      const outcome = await onSlot(place, route, open, (connection) =>
        transact(connection, { envelope, content: contentOf(broker, taken) }, timeouts),
      )
      if (outcome.ambiguous === true) ambiguous()
      return outcome
    } catch (error) {
      if (error instanceof RecordUnavailableError) return { later: CONTENT_AGAIN_MS }
      return outcomeOf(error, taken)
    }
  }
}

/** Content that the broker cannot hand out just now is no outcome of the attempt: the job goes back for this long. Milliseconds. */
const CONTENT_AGAIN_MS = 5000

/** Uses the slot's idle connection or a new one. An idle one that turns out dead before it took anything is replaced once. */
async function onSlot(
  slot: Slot,
  { messagesPerConnection }: Route,
  open: () => Promise<SmtpConnection>,
  send: (connection: SmtpConnection) => ReturnType<typeof transact>,
): Promise<TransactionOutcome> {
  let connection: SmtpConnection | undefined
  try {
    connection = slot.idle ?? (await open())
    let sent = await send(connection)
    if (slot.idle !== undefined && diedIdle(sent.outcome)) {
      connection.dialogue.destroy()
      connection = await open()
      sent = await send(connection)
    }
    const again = sent.reusable && connection.used < messagesPerConnection
    if (!again) connection.dialogue.end('QUIT\r\n')
    slot.release({ connection: again ? connection : undefined, finding: findingOf(sent.outcome) })
    return sent.outcome
  } catch (error) {
    connection?.dialogue.destroy()
    // A content that our own broker did not hand out says nothing about the site.
    const unreachable = error instanceof Broken || (error instanceof TurnedAway && !(error instanceof RequireTlsUnmet))
    slot.release({ finding: unreachable ? { unreachable: error.message } : 'unknown' })
    throw error
  }
}

/** The remote closed a connection while nobody used it: nothing was answered to MAIL. */
const diedIdle = ({ recipients }: TransactionOutcome): boolean =>
  recipients.every(
    ({ result, stage, errorCode, reply }) =>
      stage === 'mail' && ((result === 'failed' && errorCode !== 'TIMEOUT') || reply.startsWith('421')),
  )

/** Signs that the site wants less: no answer, or 421, or 4.7.x and 4.3.2 (RFC 3463: policy, not accepting). */
const findingOf = ({ recipients }: TransactionOutcome): Finding =>
  recipients.some(({ result, reply }) => result === 'failed' || /^421|^4\d\d[ -](4\.7\.|4\.3\.2)/.test(reply))
    ? 'crowded'
    : 'works'

function contentOf(broker: Broker, { job, first }: Taken): AsyncIterable<Buffer> | Buffer {
  const whole = first !== undefined && job.content.parts.length === 0
  return whole
    ? Buffer.from(first.buffer, first.byteOffset, first.byteLength)
    : readContent(broker, job.content, { first })
}

/** No connection, or no content: an outcome like any other. What else is thrown is a fault of ours, and the job comes again. */
function outcomeOf(error: unknown, { job }: Taken): TransactionOutcome {
  const { recipients } = job.envelope
  if (error instanceof TurnedAway) {
    return { recipients: forAll(recipients, { result: 'refused', reply: error.reply.text, stage: error.stage }) }
  }
  if (error instanceof Broken) {
    return {
      recipients: forAll(recipients, {
        result: 'failed',
        reply: error.message,
        errorCode: error.code,
        stage: error.stage,
      }),
    }
  }
  if (error instanceof ContentGone) {
    const reply = '554 5.3.0 the content of the message is no longer stored here'
    return { recipients: forAll(recipients, { result: 'refused', reply, stage: 'content' }) }
  }
  throw error
}
