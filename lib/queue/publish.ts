import type { JetStreamPublishOptions, PubAck } from '@nats-io/jetstream'
import type { Broker } from './broker.ts'

export interface LastingPublish extends Partial<JetStreamPublishOptions> {
  /** What makes a repetition harmless: the broker stores an id once. */
  msgID: string
  /** Milliseconds until it is given up. */
  timeout: number
}

/** Publishes, and again each time the connection is back: a confirmation that was due on a lost connection never comes, and
 * the broker may or may not have stored the record. Rejects with the broker's refusal, or when the time is over. */
export async function publishLasting(
  broker: Broker,
  subject: string,
  payload: Uint8Array | string,
  options: LastingPublish,
): Promise<PubAck> {
  const deadline = performance.now() + options.timeout
  for (;;) {
    const timeout = Math.max(1, deadline - performance.now())
    const ack = await unlessReconnected(broker, broker.js.publish(subject, payload, { ...options, timeout }))
    if (ack !== undefined) return ack
  }
}

/** Those who wait for a confirmation, told of a reconnect; each leaves when it has its answer. */
const waiting = new WeakMap<Broker, Set<() => void>>()

/** The promise's result, or undefined when the connection was lost and came back before it. */
function unlessReconnected<T>(broker: Broker, promise: Promise<T>): Promise<T | undefined> {
  const others = waitersOf(broker)
  return new Promise((resolve, reject) => {
    const again = (): void => resolve(undefined)
    others.add(again)
    promise.then(resolve, reject).finally(() => others.delete(again))
  })
}

function waitersOf(broker: Broker): Set<() => void> {
  const present = waiting.get(broker)
  if (present !== undefined) return present
  const waiters = new Set<() => void>()
  waiting.set(broker, waiters)
  broker.onReconnect(() => {
    for (const again of [...waiters]) again()
  })
  return waiters
}
