import type { Recipient } from '@postrider/mail/envelope'

/** What an envelope holds besides its recipients, at most: a reverse path, ENVID, names and numbers. Octets. */
const MAX_OTHER_BYTES = 4 * 1024

/** What a recipient takes in the stored envelope. Octets. */
const recipientBytes = (recipient: Recipient): number => Buffer.byteLength(JSON.stringify(recipient)) + 1

/** Counts what the recipients of each transaction take in its envelope. */
export interface EnvelopeRoom {
  /** Counts one more recipient of a transaction; false when the envelope would be larger than the queue can store. */
  take(transaction: object, recipient: Recipient): boolean
}

/** `maxBytes` is the size of the largest envelope that the queue stores, as it is now. A transaction is named by an object that lives
 * as long as it does. */
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
