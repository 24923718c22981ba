import { BoundedMap } from '@postrider/bounded-map/bounded-map'
import { noteSent } from './verification.ts'
import type { Verification } from './verification.ts'

/** How many are remembered: more than wait for their status at one time. */
const MAX = 1000

/** Codes whose mail is in the queue although the stored state does not say so yet, because it could not be written. The broker recognizes
 * a repeated mail for two minutes only, so without this memory such a code would be mailed again and again. */
export class SentCodes {
  readonly #sent = new BoundedMap<{ messageID: string; at: number }>(MAX)

  note(id: string, messageID: string, at: number): void {
    this.#sent.set(id, { messageID, at })
  }

  /** The stored state, or the one after its pending code was sent. */
  after(stored: Verification | undefined): Verification | undefined {
    const sent = this.#sent.get(stored?.pendingID ?? '')
    return stored === undefined || sent === undefined ? stored : noteSent(stored, sent.messageID, sent.at)
  }

  /** The state says by now that the code was sent. */
  stored(id: string | undefined): void {
    if (id !== undefined) this.#sent.delete(id)
  }
}
