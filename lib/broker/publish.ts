import { setTimeout as pause } from 'node:timers/promises'
import type { JetStreamPublishOptions, PubAck } from '@nats-io/jetstream'
import { errors } from '@nats-io/transport-node'
import type { Broker } from './connection.ts'
import { isElecting, isInProcess } from './temporary.ts'

type Payload = Uint8Array | string

export interface LastingPublish extends Partial<JetStreamPublishOptions> {
  /** Makes a repetition harmless: the broker stores an id once. */
  msgID: string
  /** Time limit, in milliseconds. */
  timeout: number
  /** An earlier limit: how long the connection may be lost, or the stream be without a leader, without interruption; until then the
   * record is published again. Milliseconds. */
  awayMs?: number
  /** Called before the record is published again. */
  onRepeat?: () => void
  /** Ends the wait; the record may be stored all the same. */
  signal?: AbortSignal | undefined
}

/** Without an answer, a record is published again after this long, since a new leader of the stream does not acknowledge a record that
 * the previous leader stored. Well within the broker's duplicate window (streams.ts). Milliseconds. */
const REPEAT_MS = 50_000
const PAUSE_MS = 250

/** Publishes a record, and publishes it again after each reconnect: a confirmation that was due on the lost connection never arrives,
 * and the broker may or may not have stored the record. A `payload` that is a function is called for each publish, so that a repetition
 * can be marked: a restarted broker has forgotten the ids of records that were removed in the meantime. Rejects with the broker's refusal,
 * with a time-out, with BrokerAwayError, or with the reason of the signal. */
export async function publishLasting(
  broker: Broker,
  subject: string,
  payload: Payload | ((repeated: boolean) => Payload),
  options: LastingPublish,
): Promise<PubAck> {
  const deadline = performance.now() + options.timeout
  const electedBy = performance.now() + Math.min(options.timeout, options.awayMs ?? 0)
  for (let repeated = false; ; repeated = true) {
    options.signal?.throwIfAborted()
    const left = Math.max(1, deadline - performance.now())
    const timeout = Math.min(left, REPEAT_MS)
    try {
      const data = typeof payload === 'function' ? payload(repeated) : payload
      const published = broker.js.publish(subject, data, { ...options, timeout })
      const answered = broker.loss.unlessReconnected(published, options.awayMs)
      const ack = await unlessAborted(answered, options.signal)
      if (ack !== undefined) return ack
    } catch (error) {
      const repeatUntil = isElecting(error) ? electedBy : isInProcess(error) ? deadline : 0
      if (performance.now() < repeatUntil) await pause(PAUSE_MS)
      else if (!(error instanceof errors.TimeoutError) || left <= REPEAT_MS) throw error
    }
    options.onRepeat?.()
  }
}

/** Resolves or rejects as the promise does, or rejects with the reason of the signal. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
