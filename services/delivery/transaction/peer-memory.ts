import { BoundedMap } from '@postrider/bounded-map/bounded-map'

/** Traits of a server that the next messages take into account. */
export interface PeerTraits {
  /** Recipients that the server accepts in one transaction. */
  maxRecipients?: number
  /** The server's replies do not match pipelined commands, so each command waits for the reply to the one before. */
  lockStep?: boolean
}

/** Servers that are remembered. The one that was updated longest ago is forgotten first. */
const MAX_PEERS = 10_000
/** How long traits are remembered, because limits change. Milliseconds. */
const REMEMBERED_MS = 3_600_000

/** Remembers the traits of servers by `SmtpConnection.peer`, for all messages of the process. */
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
