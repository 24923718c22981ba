import { encodeEvent, nextBatch } from './bound-event.ts'
import type { Broker } from '@postrider/broker/connection'
import type { QueueEvent } from './event.ts'
import { eventSubject } from '@postrider/broker/names'
import { writePatiently } from '@postrider/broker/write-patiently'
import { publishLasting } from '@postrider/broker/publish'
import { quarantinePatiently } from './quarantine.ts'

export interface EventLog {
  /** Resolves when the event is on disk, or in the quarantine when the broker refuses it because of its content or size. Events that are
   * appended together are written together. Rejects with EventLogFullError, when the connection is closed, and when the quarantine
   * refuses the event as well. */
  append(event: QueueEvent): Promise<void>
}

export interface EventLogOptions {
  /** Octets of events that may wait while the broker does not store them. Unlimited by default: the caller then bounds its own work in
   * progress. */
  maxWaitingBytes?: number
  /** Handles an event that the broker refuses because of its content or size. By default it goes to the quarantine. */
  refused?: (json: string, error: unknown) => Promise<void>
}

/** More octets of events wait to be written than `maxWaitingBytes` allows. */
export class EventLogFullError extends Error {
  override readonly name = 'EventLogFullError'
}

interface Waiting {
  json: string
  bytes: number
  resolve: () => void
  reject: (error: unknown) => void
}

/** Size limit of a batch, in octets; a single event may be larger. Well under the broker's payload limit. */
const MAX_BATCH_BYTES = 256 * 1024

/** Creates an event log with group commit: while one batch is being synced to disk the next one gathers, so that all events in it share
 * a sync. */
export function createEventLog(broker: Broker, service: string, options: EventLogOptions = {}): EventLog {
  const { maxWaitingBytes = Infinity, refused = toQuarantine(broker) } = options
  const waiting: Waiting[] = []
  let waitingBytes = 0
  let writing = false

  async function drain(): Promise<void> {
    writing = true
    while (waiting.length > 0) {
      const batch = waiting.splice(
        0,
        nextBatch(
          waiting.values().map(({ bytes }) => bytes),
          MAX_BATCH_BYTES,
        ),
      )
      await write(batch)
      for (const { bytes } of batch) waitingBytes -= bytes
    }
    writing = false
  }

  async function write(batch: Waiting[]): Promise<void> {
    try {
      const written = await publish(batch)
      if ('done' in written) for (const { resolve } of batch) resolve()
      // One of them was refused; the others must still be written.
      else if (batch.length > 1) for (const entry of batch) await write([entry])
      else for (const { json, resolve } of batch) await refused(json, written.refused).then(resolve)
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }

  function publish(batch: Waiting[]) {
    const msgID = `${service}:${crypto.randomUUID()}`
    const payload = `[${batch.map(({ json }) => json).join(',')}]`
    return writePatiently(broker, () =>
      publishLasting(broker, eventSubject(service), payload, { msgID, timeout: 5000 }),
    )
  }

  return {
    append: (event) =>
      new Promise((resolve, reject) => {
        const json = encodeEvent(event)
        const bytes = Buffer.byteLength(json) + 1
        if (waitingBytes + bytes > maxWaitingBytes) {
          reject(new EventLogFullError(`${waitingBytes} octets of events are waiting for the broker`))
          return
        }
        waitingBytes += bytes
        waiting.push({ json, bytes, resolve, reject })
        // After this iteration of the event loop, so that everything that is appended in it shares the first batch too.
        if (!writing) {
          writing = true
          setImmediate(() => void drain())
        }
      }),
  }
}

/** An outcome that the broker refuses to store has happened all the same: the message log gets it when an administrator retries the
 * record in the quarantine. */
const toQuarantine =
  (broker: Broker) =>
  async (json: string, error: unknown): Promise<void> => {
    const data = Buffer.from(json)
    const { id } = JSON.parse(json) as QueueEvent
    await quarantinePatiently(broker, { kind: 'event', error, data, id })
  }
