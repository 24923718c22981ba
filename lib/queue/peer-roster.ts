import { BoundedMap } from '@postrider/bounded-map/bounded-map'

const MAX_MISSED = 3
const MAX_PEERS = 1000

/** The workers that are known to be there, so that a question to all of them is over when the last one has answered, and one that is
 * gone does not hold up every question for ever. Pure. */
export class PeerRoster {
  /** Questions in a row that each peer has not answered. */
  readonly #missed = new BoundedMap<number>(MAX_PEERS)

  heard(peer: string): void {
    this.#missed.set(peer, 0)
  }

  /** Those who have yet to answer, given who has. */
  missing(answered: ReadonlySet<string>): string[] {
    return [...this.#missed.keys()].filter((peer) => !answered.has(peer))
  }

  /** The time for answers is over. A peer that was silent several times is not waited for again until it is heard. */
  over(answered: ReadonlySet<string>): void {
    for (const peer of this.missing(answered)) {
      const missed = (this.#missed.get(peer) ?? 0) + 1
      if (missed >= MAX_MISSED) this.#missed.delete(peer)
      else this.#missed.set(peer, missed)
    }
  }
}
