import { createHash } from 'node:crypto'
import { Kvm } from '@nats-io/kv'
import type { KV } from '@nats-io/kv'
import { z } from 'zod'
import { CODES_A_MAILBOX, CODES_A_NAMESPACE, heldUntil, mailboxOf, withCode } from './allowance.ts'
import type { SentCode } from './allowance.ts'
import type { Broker } from '@postrider/broker/connection'
import { CODES_BUCKET } from '@postrider/broker/names'
import { writeFailure } from '@postrider/broker/write-failure'
import { BadRecordError, readStored } from '@postrider/broker/stored'

/** Others may count at the same time: a count that was changed meanwhile is read again, this often. */
const TRIES = 10

/** Counts one more code to a mailbox, over all tenants, and of a namespace. Resolves with undefined when it may be sent, and else
 * with when it may (milliseconds since the epoch). The same id is counted once, so that this may be repeated after a crash. */
export async function allowCode(
  { js }: Pick<Broker, 'js'>,
  { id, address, namespace, now }: { id: string; address: string; namespace: string; now: number },
): Promise<number | undefined> {
  const kv = await new Kvm(js).open(CODES_BUCKET)
  const counts = [
    { key: `from.${token(namespace)}`, most: CODES_A_NAMESPACE },
    { key: `to.${token(mailboxOf(address))}`, most: CODES_A_MAILBOX },
  ]
  // Nothing is counted of what is not sent: else a tenant over his own limit could use up a mailbox's.
  for (const { key, most } of counts) {
    const until = heldUntil((await read(kv, key)).sent, id, most, now)
    if (until !== undefined) return until
  }
  for (const { key, most } of counts) {
    const until = await count(kv, key, id, most, now)
    if (until !== undefined) return until
  }
  return undefined
}

async function count(kv: KV, key: string, id: string, most: number, now: number): Promise<number | undefined> {
  for (let left = TRIES; ; left--) {
    const { sent, revision } = await read(kv, key)
    const until = heldUntil(sent, id, most, now)
    if (until !== undefined) return until
    try {
      await kv.put(key, JSON.stringify(withCode(sent, id, now)), { previousSeq: revision })
      return undefined
    } catch (error) {
      if (left === 0 || writeFailure(error) !== 'conflict') throw error
    }
  }
}

/** The newest one, which the leader has. */
async function read(kv: KV, key: string): Promise<{ sent: SentCode[]; revision: number }> {
  const entry = await kv.get(key)
  if (entry === null) return { sent: [], revision: 0 }
  return { sent: entry.operation === 'PUT' ? sentIn(entry.string()) : [], revision: entry.revision }
}

const sentCodes: z.ZodType<SentCode[]> = z.array(z.tuple([z.string(), z.number()]))

/** A count that cannot be read starts again: the next one that is written replaces it. */
function sentIn(text: string): SentCode[] {
  try {
    return readStored('a count of codes', text, sentCodes)
  } catch (error) {
    if (error instanceof BadRecordError) return []
    throw error
  }
}

/** A mailbox's address has characters that a key must not have, and nobody needs to read it there. */
const token = (text: string): string => createHash('sha256').update(text).digest('base64url')
