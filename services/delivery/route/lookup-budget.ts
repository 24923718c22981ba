import type { Answer, DnsResolver } from './resolver.ts'

/** How long one attempt waits for all its lookups together. A name takes up to ten seconds (question.ts); a message whose domain
 * names ten hosts that do not answer must not hold its place for minutes. */
const LOOKUP_BUDGET_MS = 25_000

/** The same resolver, asked for one attempt: it waits for answers no longer than the budget in sum. Lookups that run at the same
 * time are counted once. A lookup that is not waited for goes on, for the cache. */
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
