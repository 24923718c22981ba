import { isIP } from 'node:net'
import { BoundedMap } from '@postrider/bounded-map/bounded-map'
import { LookupStage } from './lookup-stage.ts'
import { QUESTION_TIMES, createQuestions } from './question.ts'
import type { Question } from './question.ts'

/** Names the ways in which a question has no answer. `busy`: it was not asked, since too many are under way. */
export type NoAnswer = 'no-such-domain' | 'no-data' | 'trouble' | 'busy'

export type Answer<T> = { records: T[] } | { none: NoAnswer; detail: string }

export interface MxRecord {
  exchange: string
  priority: number
}

export interface DnsResolver {
  /** The best ten at most. */
  mx(domain: string): Promise<Answer<MxRecord>>
  /** IPv6 and IPv4 addresses, in an order of chance. */
  addresses(name: string): Promise<Answer<string>>
}

/** Answers are kept this long: c-ares tells no TTL for MX, and a change of MX may take as long to be seen as most TTLs say. */
const KEEP_MS = 5 * 60_000
const KEEP_NONE_MS = 30_000
/** Short, so that mail goes on soon after a name server is back; long enough that it does not cost each message its time-outs. */
const KEEP_TROUBLE_MS = 10_000
const MAX_KEPT = 20_000

/** Hosts that mail for a domain is offered to. A domain names as many as it likes, and each costs lookups and memory. */
const MAX_MX_HOSTS = 10
/** Addresses of a host, of each family. */
const MAX_ADDRESSES = 16

export interface ResolverOptions {
  /** Monotonic, in milliseconds. */
  now?: () => number
  times?: typeof QUESTION_TIMES
  stage?: LookupStage
  random?: () => number
}

/** Asks the given resolvers (`address:port` or `address`; none: the system's) and keeps the answers for some minutes. */
export function createResolver(servers: string[], options: ResolverOptions = {}): DnsResolver {
  const { now = () => performance.now(), times, random = Math.random } = options
  const { stage = new LookupStage(undefined, now) } = options
  const ask = createQuestions(servers, times)
  const kept = new BoundedMap<{ until: number; answer: Promise<Answer<unknown>> }>(MAX_KEPT)

  async function lookUp<T>(name: string, question: Question<T[]>): Promise<Answer<T>> {
    const lookup = (): Promise<Answer<T>> =>
      ask(question).then(
        (records) => (records.length > 0 ? { records } : { none: 'no-data', detail: 'no records' }),
        (error: unknown) => explain(error),
      )
    const result = await stage.run(name, lookup, isTrouble)
    if (result === 'full') return { none: 'busy', detail: 'too many lookups are in progress' }
    if (result === 'silent') return { none: 'trouble', detail: 'its name servers have not answered for some time' }
    return result
  }

  function keep<T>(key: string, look: () => Promise<Answer<T>>): Promise<Answer<T>> {
    const found = kept.get(key)
    if (found !== undefined && found.until > now()) return found.answer as Promise<Answer<T>>
    const answer = look()
    // A question under way is asked once, however long it takes.
    const entry = { until: Infinity, answer }
    kept.set(key, entry)
    void answer.then((result) => {
      entry.until = now() + keepMs(result)
      // It was not asked: nothing is known that could push out an answer.
      if (isBusy(result) && kept.get(key) === entry) kept.delete(key)
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
      // One family in trouble may have had the address.
      return [six, four].find(isTrouble) ?? [six, four].find(isBusy) ?? four
    },
  }
}

const isTrouble = (answer: Answer<unknown>): boolean => 'none' in answer && answer.none === 'trouble'
const isBusy = (answer: Answer<unknown>): boolean => 'none' in answer && answer.none === 'busy'

function keepMs(answer: Answer<unknown>): number {
  if (!('none' in answer)) return KEEP_MS
  return { 'no-such-domain': KEEP_NONE_MS, 'no-data': KEEP_NONE_MS, trouble: KEEP_TROUBLE_MS, busy: 0 }[answer.none]
}

/** For people, with the code of c-ares. */
const DETAILS: Partial<Record<string, string>> = {
  ESERVFAIL: 'the name server reported a failure (SERVFAIL)',
  EREFUSED: 'the name server refused to answer (REFUSED)',
  ETIMEOUT: 'the name server did not answer in time (ETIMEOUT)',
  ECONNREFUSED: 'no name server could be asked (ECONNREFUSED)',
}

function explain(error: unknown): { none: NoAnswer; detail: string } {
  const code = (error as NodeJS.ErrnoException).code ?? 'UNKNOWN'
  // EBADNAME: no name server is asked for what can't be a name, as with a label of more than 63 characters.
  if (code === 'ENOTFOUND' || code === 'EBADNAME')
    return { none: 'no-such-domain', detail: 'the domain does not exist' }
  if (code === 'ENODATA') return { none: 'no-data', detail: 'no records' }
  return { none: 'trouble', detail: DETAILS[code] ?? code }
}
