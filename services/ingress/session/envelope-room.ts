import type { Recipient } from '@postrider/mail/envelope'

/** Upper bound on the rest of an envelope: reverse path, ENVID, names and numbers. Octets. */
const MAX_OTHER_BYTES = 4 * 1024

/** Size of a recipient in the stored envelope, with its separator. Octets. */
const recipientBytes = (recipient: Recipient): number => Buffer.byteLength(JSON.stringify(recipient)) + 1

/** Counts the size of each transaction's envelope as its recipients arrive. */
export interface EnvelopeRoom {
  /** Counts one more recipient of a transaction; false when the envelope would be larger than the queue can store. */
  take(transaction: object, recipient: Recipient): boolean
}

/** `maxBytes` returns the size of the largest envelope that the queue can store, in octets. A transaction is identified by an object that
 * lives as long as it does. */
export function createEnvelopeRoom(maxBytes: () => number): EnvelopeRoom {
  const taken = new WeakMap<object, number>()
  return {
    take(transaction, recipient) {
      const bytes = (taken.get(transaction) ?? MAX_OTHER_BYTES) + recipientBytes(recipient)
      if (bytes > maxBytes()) return false
      taken.set(transaction, bytes)
      return true
    },
  }
}
