import type { Clock } from '@postrider/kubernetes/reconcile/clock'

export interface ManualClock extends Clock {
  /** Lets so many milliseconds pass: timers fire in their order, and what they started goes on between them. */
  pass(ms: number): Promise<void>
}

/** A clock for tests: hours go by in a moment. */
export function manualClock(): ManualClock {
  let now = 0
  const timers = new Set<{ at: number; act: () => void }>()
  return {
    now: () => now,
    after(ms, act) {
      const timer = { at: now + ms, act }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    async pass(ms) {
      const end = now + ms
      await settled()
      for (;;) {
        const [first] = [...timers].filter(({ at }) => at <= end).sort((one, other) => one.at - other.at)
        if (first === undefined) break
        timers.delete(first)
        now = Math.max(now, first.at)
        first.act()
        await settled()
      }
      now = end
    },
  }
}

/** Promises that wait for nothing else are through. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
