import { isIP } from 'node:net'
import { BoundedMap } from '@postrider/bounded-map/bounded-map'
import { LookupLimiter } from './lookup-limiter.ts'
import { QUESTION_TIMES, createQuestions } from './question.ts'
import type { Question } from './question.ts'

/** Why there are no records. `trouble`: the lookup failed. `busy`: it was not made, because too many lookups are in progress. */
export type NoAnswer = 'no-such-domain' | 'no-data' | 'trouble' | 'busy'

export type Answer<T> = { records: T[] } | { none: NoAnswer; detail: string }

export interface MxRecord {
  exchange: string
  priority: number
}

/** Neither method rejects; a failed lookup is an answer with `none`. */
export interface DnsResolver {
  /** The ten best MX records of a domain at most, sorted by priority. Equal ones are in random order. */
  mx(domain: string): Promise<Answer<MxRecord>>
  /** IPv6 and IPv4 addresses of a name, each family in random order. */
  addresses(name: string): Promise<Answer<string>>
}

/** How long answers are cached. Milliseconds. c-ares reports no TTL for MX records; typical TTLs are longer than this. */
const RECORDS_TTL_MS = 5 * 60_000
const NO_RECORDS_TTL_MS = 30_000
/** Short, so that delivery resumes soon after a name server recovers; long enough that not every message waits for the time-outs. */
const TROUBLE_TTL_MS = 10_000
const MAX_CACHED = 20_000

/** MX hosts that are used for a domain. Bounded because each costs lookups and memory, and a domain may list any number. */
const MAX_MX_HOSTS = 10
/** Addresses of each family that are used for a host. */
const MAX_ADDRESSES = 16

export interface ResolverOptions {
  /** Monotonic, in milliseconds. */
  now?: () => number
  times?: typeof QUESTION_TIMES
  limiter?: LookupLimiter
  random?: () => number
}

/** Creates a resolver that asks the given servers (`address:port` or `address`; if the list is empty, the system's) and caches answers for
 * some minutes. */
export function createResolver(servers: string[], options: ResolverOptions = {}): DnsResolver {
  const { now = () => performance.now(), times, random = Math.random } = options
  const { limiter = new LookupLimiter(undefined, now) } = options
  const ask = createQuestions(servers, times)
  const cache = new BoundedMap<{ until: number; answer: Promise<Answer<unknown>> }>(MAX_CACHED)

  async function lookUp<T>(name: string, question: Question<T[]>): Promise<Answer<T>> {
    const lookup = (): Promise<Answer<T>> =>
      ask(question).then(
        (records) => (records.length > 0 ? { records } : { none: 'no-data', detail: 'no records' }),
        (error: unknown) => explain(error),
      )
    const result = await limiter.run(name, lookup, isTrouble)
    if (result === 'full') return { none: 'busy', detail: 'too many lookups are in progress' }
    if (result === 'silent') return { none: 'trouble', detail: 'its name servers have not answered for some time' }
    return result
  }

  function keep<T>(key: string, look: () => Promise<Answer<T>>): Promise<Answer<T>> {
    const found = cache.get(key)
    if (found !== undefined && found.until > now()) return found.answer as Promise<Answer<T>>
    const answer = look()
    // A lookup in progress is shared by all callers, however long it takes.
    const entry = { until: Infinity, answer }
    cache.set(key, entry)
    void answer.then((result) => {
      entry.until = now() + ttlMs(result)
      // The lookup was not made, so there is no result to cache.
      if (isBusy(result) && cache.get(key) === entry) cache.delete(key)
    })
    return answer
  }

  const shuffled = <T>(records: T[]): T[] =>
    records
      .map((record) => ({ record, order: random() }))
      .sort((a, b) => a.order - b.order)
      .map(({ record }) => record)

  const some = async (key: string, name: string, question: Question<string[]>): Promise<Answer<string>> =>
    keep(key, async () => {
      const answer = await lookUp(name, question)
      return 'none' in answer ? answer : { records: shuffled(answer.records).slice(0, MAX_ADDRESSES) }
    })

  return {
    mx: (domain) =>
      keep(`mx ${domain}`, async () => {
        const answer = await lookUp<MxRecord>(domain, (resolver) => resolver.resolveMx(domain))
        if ('none' in answer) return answer
        const best = shuffled(answer.records).sort((a, b) => a.priority - b.priority)
        return { records: best.slice(0, MAX_MX_HOSTS) }
      }),
    async addresses(name) {
      if (isIP(name) !== 0) return { records: [name] }
      const [six, four] = await Promise.all([
        some(`aaaa ${name}`, name, (resolver) => resolver.resolve6(name)),
        some(`a ${name}`, name, (resolver) => resolver.resolve4(name)),
      ])
      const records = [six, four].flatMap((answer) => ('records' in answer ? answer.records : []))
      if (records.length > 0) return { records }
      // The family whose lookup failed may have had an address.
      return [six, four].find(isTrouble) ?? [six, four].find(isBusy) ?? four
    },
  }
}

const isTrouble = (answer: Answer<unknown>): boolean => 'none' in answer && answer.none === 'trouble'
const isBusy = (answer: Answer<unknown>): boolean => 'none' in answer && answer.none === 'busy'

function ttlMs(answer: Answer<unknown>): number {
  if (!('none' in answer)) return RECORDS_TTL_MS
  return { 'no-such-domain': NO_RECORDS_TTL_MS, 'no-data': NO_RECORDS_TTL_MS, trouble: TROUBLE_TTL_MS, busy: 0 }[
    answer.none
  ]
}

/** Explanations of c-ares error codes, for replies and notices. */
const DETAILS: Partial<Record<string, string>> = {
  ESERVFAIL: 'the name server reported a failure (SERVFAIL)',
  EREFUSED: 'the name server refused to answer (REFUSED)',
  ETIMEOUT: 'the name server did not answer in time (ETIMEOUT)',
  ECONNREFUSED: 'no name server could be asked (ECONNREFUSED)',
}

function explain(error: unknown): { none: NoAnswer; detail: string } {
  const code = (error as NodeJS.ErrnoException).code ?? 'UNKNOWN'
  // EBADNAME: c-ares does not ask for what cannot be a name, such as one with a label of more than 63 octets.
  if (code === 'ENOTFOUND' || code === 'EBADNAME')
    return { none: 'no-such-domain', detail: 'the domain does not exist' }
  if (code === 'ENODATA') return { none: 'no-data', detail: 'no records' }
  return { none: 'trouble', detail: DETAILS[code] ?? code }
}
