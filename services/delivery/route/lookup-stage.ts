import { branchOf, zoneOf } from './zone.ts'

export interface LookupLimits {
  inFlight: number
  /** In flight for the names below one owner's name. */
  perZone: number
  /** Waiting for their turn, for such names. */
  waitingPerZone: number
  waiting: number
  /** Failures in a row, no answer between them, after which a branch counts as silent; a zone, when so many of its branches failed. */
  silentAfter: number
  /** For how long, and how many lookups at a time find out meanwhile whether it answers again. */
  silentMs: number
  probes: number
  /** Zones remembered, and branches. */
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
  /** Given whether the lookup has its turn; its place went to another zone otherwise. */
  waiting: ((hasTurn: boolean) => void)[]
  /** Branches whose lookups failed, none answered between them; `silentAfter` at most. */
  failing: Set<string>
  silentUntil: number
}

interface Branch {
  /** Lookups in flight or waiting. */
  inFlight: number
  failures: number
  silentUntil: number
}

/** Runs lookups, so many at once, and shares the room out by zone: a domain with any number of names whose name servers do not
 * answer holds a few places and no more. The zone with the fewest lookups in flight comes next, and the zone with the most waiting gives
 * up a place when there is no room. Silence is learned by branch: a zone may belong to many owners, and one of them must not answer
 * for the others. */
export class LookupStage {
  readonly #zones = new Map<string, Zone>()
  readonly #branches = new Map<string, Branch>()
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
    const branchKey = branchOf(name)
    const branch = this.#branch(branchKey)
    if ([zone, branch].some((each) => this.#isSilent(each) && each.inFlight >= this.#limits.probes)) return 'silent'
    branch.inFlight++
    try {
      if (this.#mayStart(zone)) this.#begin(zone)
      else if (!(await this.#turn(zone))) return 'full'
      // Found out while this one was waiting.
      else if (this.#isSilent(zone) || this.#isSilent(branch)) {
        this.#end(key, zone)
        return 'silent'
      }
      try {
        const result = await lookup()
        this.#learn(zone, branch, branchKey, failed(result))
        return result
      } finally {
        this.#end(key, zone)
      }
    } finally {
      branch.inFlight--
      if (branch.inFlight === 0 && branch.failures === 0) this.#branches.delete(branchKey)
    }
  }

  /** Waits until the lookup may start: it counts as in flight then. False when there is no room to wait. */
  async #turn(zone: Zone): Promise<boolean> {
    if (zone.waiting.length >= this.#limits.waitingPerZone || !this.#makeRoom(zone)) return false
    this.#waiting++
    return new Promise<boolean>((resolve) => zone.waiting.push(resolve))
  }

  /** The last comer of the zone with the most waiting goes, unless this zone would have as many. */
  #makeRoom(zone: Zone): boolean {
    if (this.#waiting < this.#limits.waiting) return true
    let longest = zone
    for (const other of this.#zones.values()) if (other.waiting.length > longest.waiting.length) longest = other
    if (longest.waiting.length <= zone.waiting.length + 1) return false
    this.#waiting--
    longest.waiting.pop()?.(false)
    return true
  }

  #zone(key: string): Zone {
    let zone = this.#zones.get(key)
    if (zone === undefined) {
      if (this.#zones.size >= this.#limits.zones)
        for (const [oldest, other] of this.#zones) if (isUnused(other) && this.#zones.delete(oldest)) break
      this.#zones.set(key, (zone = { inFlight: 0, waiting: [], failing: new Set(), silentUntil: 0 }))
    }
    return zone
  }

  #branch(key: string): Branch {
    let branch = this.#branches.get(key)
    if (branch === undefined) {
      if (this.#branches.size >= this.#limits.zones)
        for (const [oldest, { inFlight }] of this.#branches) if (inFlight === 0 && this.#branches.delete(oldest)) break
      this.#branches.set(key, (branch = { inFlight: 0, failures: 0, silentUntil: 0 }))
    }
    return branch
  }

  #isSilent({ silentUntil }: Zone | Branch): boolean {
    return silentUntil > this.#now()
  }

  #mayStart({ inFlight }: Zone): boolean {
    return this.#inFlight < this.#limits.inFlight && inFlight < this.#limits.perZone
  }

  #begin(zone: Zone): void {
    this.#inFlight++
    zone.inFlight++
  }

  #learn(zone: Zone, branch: Branch, branchKey: string, failed: boolean): void {
    if (!failed) {
      branch.failures = zone.silentUntil = branch.silentUntil = 0
      zone.failing.clear()
      return
    }
    const { silentAfter, silentMs } = this.#limits
    const until = this.#now() + silentMs
    branch.failures++
    if (zone.failing.size < silentAfter) zone.failing.add(branchKey)
    if (branch.failures >= silentAfter) branch.silentUntil = until
    if (zone.failing.size >= silentAfter) zone.silentUntil = until
  }

  #end(key: string, zone: Zone): void {
    this.#inFlight--
    zone.inFlight--
    if (isUnused(zone) && zone.failing.size === 0) this.#zones.delete(key)
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
      wake(true)
    }
  }
}

const isUnused = ({ inFlight, waiting }: Zone): boolean => inFlight === 0 && waiting.length === 0
