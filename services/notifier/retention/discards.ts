import type { DatabaseSync } from 'node:sqlite'
import type { Broker } from '@postrider/broker/connection'
import { erasePiece } from '@postrider/queue/content'
import type { QueueEvent } from '@postrider/queue/event'
import { readRecord } from '@postrider/broker/read-record'
import { BackOff } from '../back-off.ts'
import { prepareDiscards } from './owe-discard.ts'
import type { OweDiscard } from './owe-discard.ts'

/** Messages that one call of `deleteOwed` handles, so that other tasks are not delayed. */
const MAX_PER_CALL = 50
/** Tries for one message, over some two hours. After that the parts stay until the age limit of the stream. */
const MAX_TRIES = 120

export interface Discards {
  /** Notes the parts that an event asks to delete. Must be called in the transaction that writes the event. */
  onEvent(event: QueueEvent): void
  /** Notes parts that no record names. */
  owe: OweDiscard
  /** Deletes the noted parts. Parts that cannot be deleted are retried later, without delaying the others. */
  deleteOwed(): Promise<void>
}

export interface DiscardsOptions {
  db: DatabaseSync
  broker: Broker
  discarded: (id: string, parts: number) => void
  failed: (id: string, error: unknown) => void
}

/** Deletes the parts of messages that were not accepted after all, and what repeated tries left of others. After a crash they may be
 * deleted again, which is harmless. */
export function openDiscards({ db, broker, discarded, failed }: DiscardsOptions): Discards {
  const owe = prepareDiscards(db)
  // A message may be stored twice, and delivered from either record: the other one is kept for as long as its content is.
  const owed = db.prepare(
    `SELECT id, stream, parts FROM discards d
     WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.id = d.id AND m.erased_at IS NULL) LIMIT ?`,
  )
  // Unless more was noted meanwhile.
  const forget = db.prepare('DELETE FROM discards WHERE id = ? AND stream = ? AND parts = ?')
  const backOff = new BackOff()
  return {
    onEvent(event) {
      if (event.type === 'discard') owe(event.id, event.stream, event.parts)
    },
    owe,
    async deleteOwed() {
      for (const row of owed.all(MAX_PER_CALL + backOff.size)) {
        const { id, stream, parts } = row as { id: string; stream: string; parts: string }
        if (!backOff.isDue(id)) continue
        const sequences = JSON.parse(parts) as number[]
        try {
          for (const seq of sequences) await discard(broker, id, stream, seq)
          forget.run(id, stream, parts)
          backOff.done(id)
          discarded(id, sequences.length)
        } catch (error) {
          failed(id, error)
          if (backOff.failed(id) < MAX_TRIES) continue
          forget.run(id, stream, parts)
          backOff.done(id)
        }
      }
    },
  }
}

/** Deletes a record or a part if it belongs to the message. The sequence number alone is not enough, because a recreated stream counts from
 * one again. */
async function discard(broker: Broker, id: string, stream: string, seq: number): Promise<void> {
  const record = await readRecord(broker, stream, seq, 0)
  const name = record?.headers.get('Nats-Msg-Id')
  if (name === id || name?.startsWith(`${id}/`) === true) await erasePiece(broker, stream, seq)
}
