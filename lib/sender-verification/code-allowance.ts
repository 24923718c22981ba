import { createHash } from 'node:crypto'
import { Kvm } from '@nats-io/kv'
import type { KV } from '@nats-io/kv'
import { z } from 'zod'
import { CODES_A_MAILBOX, CODES_A_NAMESPACE, allowedAt, mailboxOf, withCode } from './allowance.ts'
import type { SentCode } from './allowance.ts'
import type { Broker } from '@postrider/broker/connection'
import { CODES_BUCKET } from '@postrider/broker/names'
import { writeFailure } from '@postrider/broker/write-failure'
import { BadRecordError, readStored } from '@postrider/broker/stored'

/** How often a count that another process changed in the meantime is read again. */
const TRIES = 10

/** Counts one more code to a mailbox, over all tenants, and from a namespace. Resolves with undefined if it may be sent, otherwise with
 * the time at which it may (milliseconds since the epoch). An id is counted once, so that this may be repeated after a crash. */
export async function allowCode(
  { js }: Pick<Broker, 'js'>,
  { id, address, namespace, now }: { id: string; address: string; namespace: string; now: number },
): Promise<number | undefined> {
  const kv = await new Kvm(js).open(CODES_BUCKET)
  const counts = [
    { key: `from.${token(namespace)}`, max: CODES_A_NAMESPACE },
    { key: `to.${token(mailboxOf(address))}`, max: CODES_A_MAILBOX },
  ]
  // A code that is not sent is not counted: otherwise a tenant over its own limit could use up the limit of a mailbox.
  for (const { key, max } of counts) {
    const until = allowedAt((await read(kv, key)).sent, id, max, now)
    if (until !== undefined) return until
  }
  for (const { key, max } of counts) {
    const until = await count(kv, key, id, max, now)
    if (until !== undefined) return until
  }
  return undefined
}

async function count(kv: KV, key: string, id: string, max: number, now: number): Promise<number | undefined> {
  for (let left = TRIES; ; left--) {
    const { sent, revision } = await read(kv, key)
    const until = allowedAt(sent, id, max, now)
    if (until !== undefined) return until
    try {
      await kv.put(key, JSON.stringify(withCode(sent, id, now)), { previousSeq: revision })
      return undefined
    } catch (error) {
      if (left === 0 || writeFailure(error) !== 'conflict') throw error
    }
  }
}

/** Reads the current value, from the leader. */
async function read(kv: KV, key: string): Promise<{ sent: SentCode[]; revision: number }> {
  const entry = await kv.get(key)
  if (entry === null) return { sent: [], revision: 0 }
  return { sent: entry.operation === 'PUT' ? sentIn(entry.string()) : [], revision: entry.revision }
}

const sentCodes: z.ZodType<SentCode[]> = z.array(z.tuple([z.string(), z.number()]))

/** A count that cannot be read starts again from zero; the next write replaces it. */
function sentIn(text: string): SentCode[] {
  try {
    return readStored('a count of codes', text, sentCodes)
  } catch (error) {
    if (error instanceof BadRecordError) return []
    throw error
  }
}

/** Hashes a mailbox's address, which has characters that a key must not have, and need not be readable. */
const token = (text: string): string => createHash('sha256').update(text).digest('base64url')
