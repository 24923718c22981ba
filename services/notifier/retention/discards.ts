import type { DatabaseSync } from 'node:sqlite'
import type { Broker } from '@postrider/broker/connection'
import { erasePiece } from '@postrider/queue/content'
import type { QueueEvent } from '@postrider/queue/event'
import { readRecord } from '@postrider/broker/read-record'
import { BackOff } from '../back-off.ts'

/** A turn ends after so many messages, so that other work gets its turn. */
const MAX_A_TURN = 50
/** Over some two hours. After that the parts stay until the stream's age limit. */
const MAX_TRIES = 120

export interface Discards {
  /** Runs in the transaction that writes the event. */
  onEvent(event: QueueEvent): void
  /** Deletes what is owed. What cannot be deleted is tried again later, and the others go on. */
  turn(): Promise<void>
}

export interface DiscardsOptions {
  db: DatabaseSync
  broker: Broker
  discarded: (id: string, parts: number) => void
  failed: (id: string, error: unknown) => void
}

/** Deletes parts of messages that were not taken after all. A crash between deletion and note deletes again, which is harmless. */
export function openDiscards({ db, broker, discarded, failed }: DiscardsOptions): Discards {
  const owe = db.prepare('INSERT OR IGNORE INTO discards (id, stream, parts) VALUES (?, ?, ?)')
  const owed = db.prepare('SELECT id, stream, parts FROM discards LIMIT ?')
  const forget = db.prepare('DELETE FROM discards WHERE id = ? AND stream = ?')
  const backOff = new BackOff()
  return {
    onEvent(event) {
      if (event.type === 'discard') owe.run(event.id, event.stream, JSON.stringify(event.parts))
    },
    async turn() {
      for (const row of owed.all(MAX_A_TURN + backOff.size)) {
        const { id, stream, parts } = row as { id: string; stream: string; parts: string }
        if (!backOff.isDue(id)) continue
        const sequences = JSON.parse(parts) as number[]
        try {
          for (const seq of sequences) await discard(broker, id, stream, seq)
          forget.run(id, stream)
          backOff.done(id)
          discarded(id, sequences.length)
        } catch (error) {
          failed(id, error)
          if (backOff.failed(id) < MAX_TRIES) continue
          forget.run(id, stream)
          backOff.done(id)
        }
      }
    },
  }
}

/** A number alone does not say what is deleted: a recreated stream counts from one again. */
async function discard(broker: Broker, id: string, stream: string, seq: number): Promise<void> {
  const record = await readRecord(broker, stream, seq, 0)
  if (record?.headers.get('Nats-Msg-Id').startsWith(`${id}/`) === true) await erasePiece(broker, stream, seq)
}
