import { BoundedMap } from '@postrider/bounded-map/bounded-map'

/** How long an address that could not be reached is tried after the others, and how this grows with each further failure. */
const REST_MS = 15_000
const MAX_REST_MS = 120_000
/** The rest is over and one connection tries the address again: for this long the others still leave it out. */
const PROBE_MS = 10_000
/** How long a host whose STARTTLS failed is spoken to in clear, where the policy leaves the choice. */
const TLS_REST_MS = 120_000
/** A site has ten hosts at most; more addresses than this are not worth a memory. */
const MAX_ADDRESSES = 256

interface Seen {
  restMs: number
  until: number
}

/** What one site's connections have learned about its addresses lately: which are down, and where TLS does not work. */
export class HostMemory {
  readonly #down = new BoundedMap<Seen>(MAX_ADDRESSES)
  readonly #tlsFailed = new BoundedMap<{ until: number; why: string }>(MAX_ADDRESSES)
  readonly #now: () => number

  /** `now` is a monotonic time in milliseconds. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** It could not be reached a moment ago. */
  isDown(address: string): boolean {
    return (this.#down.get(address)?.until ?? 0) > this.#now()
  }

  /** Some address of the family of IPv6 is down: the path may be, so that the others of its family come after IPv4. */
  get doubtsIpv6(): boolean {
    return [...this.#down.keys()].some((address) => address.includes(':') && this.isDown(address))
  }

  /** A connection is about to be tried: while it lasts the others need not find out the same. */
  probing(address: string): void {
    const seen = this.#down.get(address)
    if (seen !== undefined) seen.until = Math.max(seen.until, this.#now() + PROBE_MS)
  }

  wasDown(address: string): void {
    const restMs = Math.min((this.#down.get(address)?.restMs ?? REST_MS / 2) * 2, MAX_REST_MS)
    this.#down.set(address, { restMs, until: this.#now() + restMs })
  }

  answered(address: string): void {
    this.#down.delete(address)
  }

  /** Why TLS failed there lately. */
  tlsFault(address: string): string | undefined {
    const found = this.#tlsFailed.get(address)
    return found !== undefined && found.until > this.#now() ? found.why : undefined
  }

  tlsFailed(address: string, why: string): void {
    this.#tlsFailed.set(address, { until: this.#now() + TLS_REST_MS, why })
  }
}
