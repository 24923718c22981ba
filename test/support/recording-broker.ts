import type { JetStreamPublishOptions } from '@nats-io/jetstream'
import type { Broker } from '@postrider/broker/connection'

/** A record that was published. */
export interface Published {
  subject: string
  json: unknown
  /** When a schedule fires. */
  at?: Date
}

/** A broker that stores nothing: it keeps what is published, notes the subject in `story`, and fails as the test says. */
export function recordingBroker(story: string[] = []) {
  const published: Published[] = []
  const failures: Error[] = []
  const broker = {
    connected: true,
    onReconnect: () => undefined,
    nc: { isClosed: () => false },
    loss: { unlessReconnected: <T>(promise: Promise<T>) => promise },
    js: {
      publish(subject: string, payload: string | Uint8Array, options?: Partial<JetStreamPublishOptions>) {
        const failure = failures.shift()
        if (failure !== undefined) return Promise.reject(failure)
        const at = options?.schedule?.specification
        const text = Buffer.from(payload).toString()
        const json: unknown = text === '' ? undefined : JSON.parse(text)
        published.push({ subject, json, ...(at instanceof Date ? { at } : {}) })
        story.push(`publish ${subject}`)
        return Promise.resolve({ seq: published.length, duplicate: false })
      },
    },
  } as unknown as Broker
  /** The next publishes fail with these, in their order. */
  const failWith = (...errors: Error[]): void => void failures.push(...errors)
  return { broker, published, failWith }
}
