import { setTimeout as pause } from 'node:timers/promises'
import type { JetStreamPublishOptions, PubAck } from '@nats-io/jetstream'
import { errors } from '@nats-io/transport-node'
import type { Broker } from './connection.ts'
import { isElecting } from './temporary.ts'

export interface LastingPublish extends Partial<JetStreamPublishOptions> {
  /** What makes a repetition harmless: the broker stores an id once. */
  msgID: string
  /** Milliseconds until it is given up. */
  timeout: number
  /** Given up earlier when the connection is lost for so long at a stretch, or the stream has no leader for so long: meanwhile the record is
   * published again and again. Milliseconds. */
  awayMs?: number
  /** Called before the record is published again. */
  onRepeat?: () => void
}

/** Without an answer a record is published again after this long: a new leader of the stream does not answer what the one before it
 * stored. Well within the time for which the broker knows an id (streams.ts). Milliseconds. */
const REPEAT_MS = 50_000
const ELECTION_PAUSE_MS = 250

/** Publishes, and again each time the connection is back: a confirmation that was due on a lost connection never comes, and
 * the broker may or may not have stored the record. Rejects with the broker's refusal, or when the time is over, and with
 * BrokerAwayError. */
export async function publishLasting(
  broker: Broker,
  subject: string,
  payload: Uint8Array | string,
  options: LastingPublish,
): Promise<PubAck> {
  const deadline = performance.now() + options.timeout
  const electedBy = performance.now() + Math.min(options.timeout, options.awayMs ?? 0)
  for (;;) {
    const left = Math.max(1, deadline - performance.now())
    const timeout = Math.min(left, REPEAT_MS)
    try {
      const published = broker.js.publish(subject, payload, { ...options, timeout })
      const ack = await broker.loss.unlessReconnected(published, options.awayMs)
      if (ack !== undefined) return ack
    } catch (error) {
      if (isElecting(error) && performance.now() < electedBy) await pause(ELECTION_PAUSE_MS)
      else if (!(error instanceof errors.TimeoutError) || left <= REPEAT_MS) throw error
    }
    options.onRepeat?.()
  }
}
