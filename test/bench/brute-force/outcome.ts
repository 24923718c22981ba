/** What was said to a guess, by its reply code: 535 only after the password was looked at, all others but 235 without. `none`: the
 * connection was not let in. */
export const OUTCOMES = ['235', '535', '421', '454', 'none', 'other'] as const
export type Outcome = (typeof OUTCOMES)[number]
export type Counts = Record<Outcome, number>

export const noCounts = (): Counts => ({ '235': 0, '535': 0, '421': 0, '454': 0, none: 0, other: 0 })

export function outcomeOf(reply: string): Outcome {
  const code = OUTCOMES.find((outcome) => outcome === reply.slice(0, 3))
  return code ?? 'other'
}

/** Adds to the first. */
export function add(to: Counts, more: Counts): void {
  for (const outcome of OUTCOMES) to[outcome] += more[outcome]
}
