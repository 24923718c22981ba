import { zoneOf } from './zone.ts'

export interface LookupLimits {
  inFlight: number
  /** In flight for the names below one owner's name. */
  perZone: number
  /** Waiting for their turn, for such names. */
  waitingPerZone: number
  waiting: number
  /** Failures in a row, no answer between them, after which a zone counts as silent. */
  silentAfter: number
  /** For how long, and how many lookups at a time find out meanwhile whether it answers again. */
  silentMs: number
  probes: number
  /** Zones remembered. */
  zones: number
}

export const LOOKUP_LIMITS: LookupLimits = {
  inFlight: 512,
  perZone: 32,
  waitingPerZone: 128,
  waiting: 2000,
  silentAfter: 8,
  silentMs: 30_000,
  probes: 2,
  zones: 10_000,
}

/** There is no room for another lookup. `silent`: the name servers of the zone have not answered lately. */
export type Turned = 'full' | 'silent'

interface Zone {
  inFlight: number
  waiting: (() => void)[]
  failures: number
  silentUntil: number
}

/** Runs lookups, so many at once, and shares the room out by zone: a domain with any number of names whose name servers do not
 * answer holds a few places and no more. The zone with the fewest lookups in flight comes next. */
export class LookupStage {
  readonly #zones = new Map<string, Zone>()
  readonly #limits: LookupLimits
  readonly #now: () => number
  #inFlight = 0
  #waiting = 0

  /** `now` is monotonic, in milliseconds. */
  constructor(limits: LookupLimits = LOOKUP_LIMITS, now: () => number = () => performance.now()) {
    this.#limits = limits
    this.#now = now
  }

  /** The lookup's result, at once or when it had its turn; `failed` tells whether that is a failure to answer. */
  async run<T>(name: string, lookup: () => Promise<T>, failed: (result: T) => boolean): Promise<T | Turned> {
    const key = zoneOf(name)
    const zone = this.#zone(key)
    if (this.#isSilent(zone) && zone.inFlight >= this.#limits.probes) return 'silent'
    if (!this.#mayStart(zone)) {
      if (zone.waiting.length >= this.#limits.waitingPerZone || this.#waiting >= this.#limits.waiting) return 'full'
      this.#waiting++
      await new Promise<void>((resolve) => zone.waiting.push(resolve))
      // Found out while this one was waiting.
      if (this.#isSilent(zone)) {
        this.#end(key, zone)
        return 'silent'
      }
    } else this.#begin(zone)
    try {
      const result = await lookup()
      this.#learn(zone, failed(result))
      return result
    } finally {
      this.#end(key, zone)
    }
  }

  #zone(key: string): Zone {
    let zone = this.#zones.get(key)
    if (zone === undefined) {
      if (this.#zones.size >= this.#limits.zones)
        for (const [oldest, other] of this.#zones) if (isUnused(other) && this.#zones.delete(oldest)) break
      this.#zones.set(key, (zone = { inFlight: 0, waiting: [], failures: 0, silentUntil: 0 }))
    }
    return zone
  }

  #isSilent({ silentUntil }: Zone): boolean {
    return silentUntil > this.#now()
  }

  #mayStart({ inFlight }: Zone): boolean {
    return this.#inFlight < this.#limits.inFlight && inFlight < this.#limits.perZone
  }

  #begin(zone: Zone): void {
    this.#inFlight++
    zone.inFlight++
  }

  #learn(zone: Zone, failed: boolean): void {
    zone.failures = failed ? zone.failures + 1 : 0
    if (!failed) zone.silentUntil = 0
    else if (zone.failures >= this.#limits.silentAfter) zone.silentUntil = this.#now() + this.#limits.silentMs
  }

  #end(key: string, zone: Zone): void {
    this.#inFlight--
    zone.inFlight--
    if (isUnused(zone) && zone.failures === 0) this.#zones.delete(key)
    this.#serve()
  }

  #serve(): void {
    while (this.#waiting > 0) {
      let next: Zone | undefined
      for (const zone of this.#zones.values()) {
        if (zone.waiting.length > 0 && this.#mayStart(zone) && zone.inFlight < (next?.inFlight ?? Infinity)) next = zone
      }
      const wake = next?.waiting.shift()
      if (next === undefined || wake === undefined) return
      this.#waiting--
      this.#begin(next)
      wake()
    }
  }
}

const isUnused = ({ inFlight, waiting }: Zone): boolean => inFlight === 0 && waiting.length === 0
