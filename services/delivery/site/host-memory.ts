import { BoundedMap } from '@postrider/bounded-map/bounded-map'

/** How long an address that could not be reached is tried after all others. Doubles with each further failure. Milliseconds. */
const REST_MS = 15_000
const MAX_REST_MS = 120_000
/** After the rest, one connection tries the address again, and the others still avoid it for this long. Milliseconds. */
const PROBE_MS = 10_000
/** How long mail is sent in clear to a host whose STARTTLS failed, if TLS is opportunistic. Milliseconds. */
const TLS_REST_MS = 120_000
/** Addresses that are remembered for a site, which has at most ten MX hosts. */
const MAX_ADDRESSES = 256

interface Seen {
  restMs: number
  until: number
}

/** What the connections of a site have recently found out about its addresses: which are down, and where TLS fails. */
export class HostMemory {
  readonly #down = new BoundedMap<Seen>(MAX_ADDRESSES)
  readonly #tlsFailed = new BoundedMap<{ until: number; why: string }>(MAX_ADDRESSES)
  readonly #now: () => number

  /** `now` returns a monotonic time in milliseconds. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Whether the address could not be reached lately, so that it is tried after all others. */
  isDown(address: string): boolean {
    return (this.#down.get(address)?.until ?? 0) > this.#now()
  }

  /** Whether an IPv6 address is down. The IPv6 path itself may be broken then, so IPv4 addresses are tried first. */
  get doubtsIpv6(): boolean {
    return [...this.#down.keys()].some((address) => address.includes(':') && this.isDown(address))
  }

  /** A connection attempt to the address begins. Until it ends, other attempts avoid an address that was down. */
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

  /** Why TLS recently failed at the address; undefined if it did not. */
  tlsFault(address: string): string | undefined {
    const found = this.#tlsFailed.get(address)
    return found !== undefined && found.until > this.#now() ? found.why : undefined
  }

  tlsFailed(address: string, why: string): void {
    this.#tlsFailed.set(address, { until: this.#now() + TLS_REST_MS, why })
  }
}
