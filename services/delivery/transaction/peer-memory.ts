import { BoundedMap } from '@postrider/bounded-map/bounded-map'

/** What was learned about a server, so that the next message does not run into it again. */
export interface PeerTraits {
  /** Recipients that it takes in one transaction. */
  maxRecipients?: number
  /** Its replies do not match the commands of a group: each command waits for the reply to the one before. */
  lockStep?: boolean
}

/** Servers that are remembered. The one that was learned about longest ago makes room. */
const MAX_PEERS = 10_000
/** After this long a server is asked again as if it were unknown: limits change. */
const REMEMBERED_MS = 3_600_000

export class PeerMemory {
  readonly #peers = new BoundedMap<{ traits: PeerTraits; until: number }>(MAX_PEERS)
  readonly #now: () => number

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  get size(): number {
    return this.#peers.size
  }

  recall(peer: string): PeerTraits {
    const known = this.#peers.get(peer)
    if (known === undefined) return {}
    if (known.until > this.#now()) return known.traits
    this.#peers.delete(peer)
    return {}
  }

  learn(peer: string, traits: PeerTraits): void {
    if (Object.keys(traits).length === 0) return
    const merged = { ...this.recall(peer), ...traits }
    this.#peers.set(peer, { traits: merged, until: this.#now() + REMEMBERED_MS })
  }
}
