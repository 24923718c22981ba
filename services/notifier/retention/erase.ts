import type { Broker } from '@postrider/broker/connection'
import { eraseContent } from '@postrider/queue/content'
import type { EventLog } from '@postrider/queue/publish-events'
import type { RuntimeConfig } from '@postrider/runtime-config/config'
import type { LogWriter } from '../log/apply.ts'
import type { LogReader, LoggedMessage } from '../log/read.ts'
import { BackOff } from '../back-off.ts'

/** Retention for messages of a domain that is no longer declared: the default of a Domain. Milliseconds. */
const DEFAULT_RETENTION_MS = 30 * 24 * 3.6e6
/** Messages of each domain that are handled at one call, so that other tasks are not delayed. */
const MAX_PER_CALL = 200

export interface RetentionOptions {
  broker: Broker
  events: EventLog
  reader: LogReader
  writer: LogWriter
  config: () => RuntimeConfig
  erased: (id: string, ageMs: number) => void
  failed: (id: string, error: unknown) => void
}

/** Returns a function that deletes content whose retention has ended, then writes an event. The order is crash-safe: content that was
 * erased without an event is erased again at the next call. A message whose content cannot be deleted is retried later, without delaying
 * the others. */
export function createRetention(options: RetentionOptions): (now: number) => Promise<void> {
  const { reader, config, failed } = options
  const backOff = new BackOff()
  return async (now) => {
    for (const domain of reader.domainsToErase()) {
      const { domains, unreadableDomains } = config()
      // Its retention may be longer than the default, and deletion cannot be undone.
      if (unreadableDomains?.has(domain) === true) continue
      const retention = domains.get(domain)?.retentionMs ?? DEFAULT_RETENTION_MS
      // Messages in back-off come first, so as many more are read.
      for (const message of reader.toErase(domain, now - retention, MAX_PER_CALL + backOff.size)) {
        const { id } = message.envelope
        if (!backOff.isDue(id)) continue
        try {
          await erase(message, now, options)
          backOff.done(id)
        } catch (error) {
          backOff.failed(id)
          failed(id, error)
        }
      }
    }
  }
}

async function erase(message: LoggedMessage, now: number, options: RetentionOptions): Promise<void> {
  const { broker, events, writer, erased } = options
  const { envelope, content } = message
  if (content !== null) await eraseContent(broker, content)
  const event = { type: 'erase' as const, at: now, id: envelope.id, envelope }
  await events.append(event)
  // The feed will write the same event again. Written here as well, so that the next call does not find the message.
  writer.event(event)
  erased(envelope.id, now - envelope.acceptedAt)
}

/** Deletes placeholders that are older than the platform keeps them. Returns how many. */
export function forgetPlaceholders(writer: LogWriter, config: RuntimeConfig, now: number): number {
  let count = 0
  writer.transaction(() => {
    count = writer.forget(now - config.platform.placeholderMs, 1000)
  })
  return count
}
