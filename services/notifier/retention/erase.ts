import type { Broker } from '@postrider/queue/broker'
import { eraseContent } from '@postrider/queue/content'
import type { EventLog } from '@postrider/queue/publish-events'
import type { RuntimeConfig } from '@postrider/runtime-config/config'
import type { LogWriter } from '../log/apply.ts'
import type { LogReader } from '../log/read.ts'

/** For messages of a domain that is no longer declared: what a Domain has by default. */
const DEFAULT_RETENTION_MS = 30 * 24 * 3.6e6
/** A turn ends after so many, so that other work gets its turn. */
const MOST_A_TURN = 200

export interface RetentionOptions {
  broker: Broker
  events: EventLog
  reader: LogReader
  writer: LogWriter
  config: () => RuntimeConfig
  erased: (id: string, ageMs: number) => void
}

/** Deletes content whose retention has ended, then says so. The order bears a crash: an erased content that no event tells of
 * is erased again at the next turn. Resolves with the number erased. */
export async function eraseExpired(options: RetentionOptions, now: number): Promise<number> {
  const { broker, events, reader, writer, config } = options
  let count = 0
  for (const domain of reader.domainsToErase()) {
    const retention = config().domains.get(domain)?.retentionMs ?? DEFAULT_RETENTION_MS
    for (const message of reader.toErase(domain, now - retention, MOST_A_TURN)) {
      if (message.content !== null) await eraseContent(broker, message.content)
      const event = { type: 'erase' as const, at: now, id: message.envelope.id, envelope: message.envelope }
      await events.append(event)
      // The feed will write the same again; written here, the next turn does not find it.
      writer.event(event)
      options.erased(message.envelope.id, now - message.envelope.acceptedAt)
      count++
    }
  }
  return count
}

/** Forgets placeholders that are older than the platform keeps them. */
export function forgetPlaceholders(writer: LogWriter, config: RuntimeConfig, now: number): number {
  let count = 0
  writer.transaction(() => {
    count = writer.forget(now - config.platform.placeholderMs, 1000)
  })
  return count
}
