/** Chance that a seed repeats: the same seed gives the same inputs on every machine (mulberry32). */
export interface Random {
  /** From 0 up to, not including, `below`. */
  whole(below: number): number
  pick<T>(from: readonly [T, ...T[]]): T
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const whole = (below: number): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
  return { whole, pick: (from) => from[whole(from.length)] ?? from[0] }
}
