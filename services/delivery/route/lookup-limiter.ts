import { branchOf, zoneOf } from './zone.ts'

export interface LookupLimits {
  inFlight: number
  /** In flight for one zone (zone.ts). */
  perZone: number
  /** Waiting for one zone. */
  waitingPerZone: number
  /** Waiting in total. */
  waiting: number
  /** A branch counts as silent after this many failed lookups without an answer between them, a zone when this many of its branches failed
   * without an answer between them. */
  silentAfter: number
  /** How long a zone or branch counts as silent. Milliseconds. */
  silentMs: number
  /** Simultaneous lookups of a silent zone or branch, which find out whether it answers again. */
  probes: number
  /** Zones that are remembered, and as many branches. */
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

/** Why a lookup was not made. `full`: too many are in flight or waiting. `silent`: the name servers of the zone have not answered lately.
 * */
export type NotLookedUp = 'full' | 'silent'

interface Zone {
  inFlight: number
  /** Called with true when the lookup may start, with false when it lost its place to another zone. */
  waiting: ((mayStart: boolean) => void)[]
  /** Branches whose lookups failed since the zone last answered; at most `silentAfter`. */
  failing: Set<string>
  silentUntil: number
}

interface Branch {
  /** Lookups in flight or waiting. */
  inFlight: number
  failures: number
  silentUntil: number
}

/** Bounds the number of simultaneous DNS lookups, and shares it among zones: a domain with any number of names whose name servers do not
 * answer takes up only a few places. The zone with the fewest lookups in flight comes next. When the queue is full, the zone with the most
 * waiting lookups loses one. Silence is tracked by branch as well, because several owners may share a zone, and the failures of one must
 * not block the others. */
export class LookupLimiter {
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

  /** Runs `lookup` when its zone has room, and resolves with its result, or with the reason why it was not made. `failed` returns whether a
   * result means that no name server answered. Rejects if `lookup` rejects. */
  async run<T>(name: string, lookup: () => Promise<T>, failed: (result: T) => boolean): Promise<T | NotLookedUp> {
    const key = zoneOf(name)
    const zone = this.#zone(key)
    const branchKey = branchOf(name)
    const branch = this.#branch(branchKey)
    if ([zone, branch].some((each) => this.#isSilent(each) && each.inFlight >= this.#limits.probes)) return 'silent'
    branch.inFlight++
    try {
      if (this.#mayStart(zone)) this.#begin(zone)
      else if (!(await this.#waitForRoom(zone))) return 'full'
      // The silence was detected while this lookup was waiting.
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

  /** Waits until the lookup may start, and counts it as in flight. Resolves with false if there is no room to wait. */
  async #waitForRoom(zone: Zone): Promise<boolean> {
    if (zone.waiting.length >= this.#limits.waitingPerZone || !this.#makeRoom(zone)) return false
    this.#waiting++
    return new Promise<boolean>((resolve) => zone.waiting.push(resolve))
  }

  /** Makes room for one more waiting lookup: the zone with the most waiting loses its newest, unless `zone` would then have as many. */
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
    this.#startWaiting()
  }

  #startWaiting(): void {
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
