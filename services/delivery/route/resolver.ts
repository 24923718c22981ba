import { Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'

/** Names the three ways in which a question has no answer. */
export type NoAnswer = 'no-such-domain' | 'no-data' | 'trouble'

export type Answer<T> = { records: T[] } | { none: NoAnswer; detail: string }

export interface DnsResolver {
  mx(domain: string): Promise<Answer<{ exchange: string; priority: number }>>
  /** IPv6 and IPv4 addresses, alternating, IPv6 first. */
  addresses(name: string): Promise<Answer<string>>
}

/** Answers are kept this long: c-ares tells no TTL for MX, and a change of MX may take as long to be seen as most TTLs say. */
const KEEP_MS = 5 * 60_000
const KEEP_NONE_MS = 30_000
const MOST_KEPT = 20_000

/** Asks the given resolvers (`address:port` or `address`; none: the system's) and keeps the answers for some minutes. */
export function createResolver(
  servers: string[],
  now: () => number = Date.now,
  { timeoutMs, tries } = { timeoutMs: 5000, tries: 2 },
): DnsResolver {
  const resolver = new Resolver({ timeout: timeoutMs, tries })
  if (servers.length > 0) resolver.setServers(servers)
  const kept = new Map<string, { until: number; answer: Promise<Answer<unknown>> }>()

  function ask<T>(key: string, question: () => Promise<T[]>): Promise<Answer<T>> {
    const found = kept.get(key)
    if (found !== undefined && found.until > now()) return found.answer as Promise<Answer<T>>
    const answer = question().then(
      (records): Answer<T> => (records.length > 0 ? { records } : { none: 'no-data', detail: 'no records' }),
      (error: unknown): Answer<T> => explain(error),
    )
    const entry = { until: now() + KEEP_MS, answer }
    kept.set(key, entry)
    if (kept.size > MOST_KEPT) for (const oldest of kept.keys()) if (kept.delete(oldest)) break
    void answer.then((result) => {
      if (!('none' in result)) return
      entry.until = now() + KEEP_NONE_MS
      // A resolver in trouble may be well again for the very next message.
      if (result.none === 'trouble') kept.delete(key)
    })
    return answer
  }

  return {
    mx: (domain) => ask(`mx ${domain}`, () => resolver.resolveMx(domain)),
    async addresses(name) {
      if (isIP(name) !== 0) return { records: [name] }
      const [six, four] = await Promise.all([
        ask(`aaaa ${name}`, () => resolver.resolve6(name)),
        ask(`a ${name}`, () => resolver.resolve4(name)),
      ])
      const records = alternate('records' in six ? six.records : [], 'records' in four ? four.records : [])
      if (records.length > 0) return { records }
      // One family in trouble may have had the address.
      return [six, four].find((answer) => 'none' in answer && answer.none === 'trouble') ?? four
    },
  }
}

function alternate(first: string[], second: string[]): string[] {
  const length = Math.max(first.length, second.length)
  return Array.from({ length }, (_, index) => [first[index], second[index]])
    .flat()
    .filter((address) => address !== undefined)
}

function explain(error: unknown): { none: NoAnswer; detail: string } {
  const code = (error as NodeJS.ErrnoException).code ?? 'UNKNOWN'
  // EBADNAME: no name server is asked for what can't be a name, as with a label of more than 63 characters.
  if (code === 'ENOTFOUND' || code === 'EBADNAME')
    return { none: 'no-such-domain', detail: 'the domain does not exist' }
  if (code === 'ENODATA') return { none: 'no-data', detail: 'no records' }
  return { none: 'trouble', detail: code }
}
