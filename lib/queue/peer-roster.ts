import { BoundedMap } from '@postrider/bounded-map/bounded-map'

const MAX_MISSED = 3
const MAX_PEERS = 1000

/** The workers that are known to run, so that a question to all of them ends when the last one has answered, and a worker that is gone
 * does not delay every question. Pure. */
export class PeerRoster {
  /** How many questions in a row each peer has not answered. */
  readonly #missed = new BoundedMap<number>(MAX_PEERS)

  heard(peer: string): void {
    this.#missed.set(peer, 0)
  }

  /** Peers that have not answered yet. */
  missing(answered: ReadonlySet<string>): string[] {
    return [...this.#missed.keys()].filter((peer) => !answered.has(peer))
  }

  /** The time for answers is over. A peer that did not answer several times in a row is not waited for until a message from it arrives. */
  over(answered: ReadonlySet<string>): void {
    for (const peer of this.missing(answered)) {
      const missed = (this.#missed.get(peer) ?? 0) + 1
      if (missed >= MAX_MISSED) this.#missed.delete(peer)
      else this.#missed.set(peer, missed)
    }
  }
}
