import type { Broker } from './broker.ts'
import type { QueueEvent } from './event.ts'
import { eventSubject } from './names.ts'
import { publishLasting } from './publish.ts'

export interface EventLog {
  /** Resolves when the event is on disk. Events that come together are written together. */
  append(event: QueueEvent): Promise<void>
}

interface Waiting {
  json: string
  resolve: () => void
  reject: (error: unknown) => void
}

/** A batch ends when it holds this many characters: with one more event still well under the broker's payload limit. */
const BATCH_CHARACTERS = 256 * 1024

/** Group commit: while one batch is being synced the next one gathers, so a sync is shared by all that wait for it. */
export function createEventLog(broker: Broker, service: string): EventLog {
  const waiting: Waiting[] = []
  let writing = false

  async function drain(): Promise<void> {
    writing = true
    while (waiting.length > 0) {
      let size = 0
      const enough = waiting.findIndex((entry) => (size += entry.json.length) > BATCH_CHARACTERS)
      const batch = waiting.splice(0, enough === -1 ? waiting.length : enough + 1)
      try {
        await publishPatiently(broker, service, `[${batch.map((entry) => entry.json).join(',')}]`)
        for (const entry of batch) entry.resolve()
      } catch (error) {
        for (const entry of batch) entry.reject(error)
      }
    }
    writing = false
  }

  return {
    append: (event) =>
      new Promise((resolve, reject) => {
        waiting.push({ json: JSON.stringify(event), resolve, reject })
        // After this turn of the loop, so that everything that ends in it shares the first batch too.
        if (!writing) {
          writing = true
          setImmediate(() => void drain())
        }
      }),
  }
}

/** An outcome is not lost because the broker restarts: it is written again until it is confirmed or the connection is closed. */
async function publishPatiently(broker: Broker, service: string, payload: string): Promise<void> {
  const msgID = `${service}:${crypto.randomUUID()}`
  for (;;) {
    try {
      await publishLasting(broker, eventSubject(service), payload, { msgID, timeout: 5000 })
      return
    } catch (error) {
      if (broker.nc.isClosed()) throw error
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
}
