import type { DatabaseSync } from 'node:sqlite'

/** Notes records of a stream that belong to a message and are to be deleted. */
export type OweDiscard = (id: string, stream: string, sequences: number[]) => void

/** A message may leave more than one try behind, so sequences are added to those that are noted already. */
export function prepareDiscards(db: DatabaseSync): OweDiscard {
  const owe = db.prepare(
    `INSERT INTO discards (id, stream, parts) VALUES (?, ?, ?) ON CONFLICT (id, stream) DO UPDATE SET parts =
       (SELECT json_group_array(value)
          FROM (SELECT value FROM json_each(discards.parts) UNION SELECT value FROM json_each(excluded.parts)))`,
  )
  return (id, stream, sequences) => void owe.run(id, stream, JSON.stringify(sequences))
}
