import type { Answer, DnsResolver } from './resolver.ts'

/** Total time that one attempt waits for lookups. Milliseconds. A lookup takes up to ten seconds (question.ts). Without this bound, a
 * message to a domain with ten hosts whose names cannot be resolved would use up capacity for minutes. */
const LOOKUP_BUDGET_MS = 25_000

/** Wraps a resolver for one attempt, so that the attempt waits for lookups no longer than `budgetMs` in total. The time of simultaneous
 * lookups counts once. A lookup that exceeds the budget returns `trouble`, but continues in the background and fills the cache. */
export function withBudget(
  resolver: DnsResolver,
  budgetMs = LOOKUP_BUDGET_MS,
  now: () => number = () => performance.now(),
): DnsResolver {
  let spentMs = 0
  let running = 0
  let since = 0

  async function ask<T>(question: () => Promise<Answer<T>>): Promise<Answer<T>> {
    if (running === 0) since = now()
    const left = budgetMs - spentMs - (now() - since)
    if (left <= 0) return exhausted(budgetMs)
    running++
    let timer: NodeJS.Timeout | undefined
    const end = new Promise<Answer<T>>((resolve) => {
      timer = setTimeout(() => resolve(exhausted(budgetMs)), left)
    })
    try {
      return await Promise.race([question(), end])
    } finally {
      clearTimeout(timer)
      running--
      if (running === 0) spentMs += now() - since
    }
  }

  return { mx: (domain) => ask(() => resolver.mx(domain)), addresses: (name) => ask(() => resolver.addresses(name)) }
}

const exhausted = (budgetMs: number): { none: 'trouble'; detail: string } => ({
  none: 'trouble',
  detail: `the lookups of this attempt did not finish within ${budgetMs / 1000} s`,
})
