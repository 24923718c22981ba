import type { Broker } from '@postrider/broker/connection'
import { eraseContent } from '@postrider/queue/content'
import type { EventLog } from '@postrider/queue/publish-events'
import type { RuntimeConfig } from '@postrider/runtime-config/config'
import type { LogWriter } from '../log/apply.ts'
import type { LogReader, LoggedMessage } from '../log/read.ts'
import { BackOff } from '../back-off.ts'

/** For messages of a domain that is no longer declared: what a Domain has by default. */
const DEFAULT_RETENTION_MS = 30 * 24 * 3.6e6
/** A turn ends after so many, so that other work gets its turn. */
const MAX_A_TURN = 200

export interface RetentionOptions {
  broker: Broker
  events: EventLog
  reader: LogReader
  writer: LogWriter
  config: () => RuntimeConfig
  erased: (id: string, ageMs: number) => void
  failed: (id: string, error: unknown) => void
}

/** Deletes content whose retention has ended, then says so. The order is crash-safe: an erased content that no event tells of is erased again
 * at the next turn. A message whose content cannot be deleted is tried again later, and the others go on. */
export function createRetention(options: RetentionOptions): (now: number) => Promise<void> {
  const { reader, config, failed } = options
  const backOff = new BackOff()
  return async (now) => {
    for (const domain of reader.domainsToErase()) {
      const { domains, unreadableDomains } = config()
      // It may ask for more than the default; what is deleted does not come back.
      if (unreadableDomains?.has(domain) === true) continue
      const retention = domains.get(domain)?.retentionMs ?? DEFAULT_RETENTION_MS
      // Those that wait come first: what is after them is read too.
      for (const message of reader.toErase(domain, now - retention, MAX_A_TURN + backOff.size)) {
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
  // The feed will write the same again; written here, the next turn does not find it.
  writer.event(event)
  erased(envelope.id, now - envelope.acceptedAt)
}

/** Forgets placeholders that are older than the platform keeps them. */
export function forgetPlaceholders(writer: LogWriter, config: RuntimeConfig, now: number): number {
  let count = 0
  writer.transaction(() => {
    count = writer.forget(now - config.platform.placeholderMs, 1000)
  })
  return count
}
