import { Resolver } from 'node:dns/promises'

export interface QuestionTimes {
  /** Time-out of each of the first tries at each server. Milliseconds. */
  quickMs: number
  /** First tries at each server. */
  tries: number
  /** From the question to the last time-out, if no server answers. Milliseconds. */
  patientMs: number
}

/** RFC 1035, 7.2, proposes some seconds for a try. Name servers often take 4 s for a name in a distant or broken zone. */
export const QUESTION_TIMES: QuestionTimes = { quickMs: 2000, tries: 2, patientMs: 10_000 }
/** Minimum time for the last try, however long the quick tries took. Milliseconds. */
const MIN_PATIENCE_MS = 5000

export type Question<T> = (resolver: Resolver) => Promise<T>

/** Returns a function that asks the given resolvers, or the system's if `servers` is empty. It rejects as node:dns does.
 *
 * c-ares adapts its time-out to the usual response time of a server: five times the average, down to 250 ms, whatever the option `timeout`
 * says. It gives up a resolver that usually answers in a millisecond after two such tries, so a name that takes this resolver 2 s to look
 * up is never found. A question that timed out is therefore asked once more, of all servers at once, through channels that have no
 * measurements yet and wait for the full time. */
export function createQuestions(servers: string[], times: QuestionTimes = QUESTION_TIMES) {
  const { quickMs, tries, patientMs } = times
  const usual = new Resolver({ timeout: quickMs, tries, maxTimeout: quickMs })
  if (servers.length > 0) usual.setServers(servers)

  return async function ask<T>(question: Question<T>): Promise<T> {
    const since = performance.now()
    try {
      return await question(usual)
    } catch (error) {
      if (!isTimeout(error)) throw error
      const leftMs = Math.round(patientMs - (performance.now() - since))
      return askPatiently(question, usual.getServers(), Math.max(leftMs, Math.min(MIN_PATIENCE_MS, patientMs)))
    }
  }
}

/** Resolves with the first answer of any server. */
async function askPatiently<T>(question: Question<T>, servers: string[], waitMs: number): Promise<T> {
  const channels = servers.map((server) => {
    const resolver = new Resolver({ timeout: waitMs, tries: 1, maxTimeout: waitMs })
    resolver.setServers([server])
    return resolver
  })
  // "No such name" is an answer. A server that fails leaves the answer to the others.
  const ask = async (channel: Resolver): Promise<{ found: T } | { none: Error }> => {
    try {
      return { found: await question(channel) }
    } catch (error) {
      if (isTrouble(error)) throw error
      return { none: error as Error }
    }
  }
  try {
    const first = await Promise.any(channels.map(ask))
    if ('none' in first) throw first.none
    return first.found
  } catch (error) {
    throw error instanceof AggregateError ? error.errors[0] : error
  } finally {
    for (const channel of channels) channel.cancel()
  }
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code

const isTimeout = (error: unknown): boolean => codeOf(error) === 'ETIMEOUT'

const isTrouble = (error: unknown): boolean => !['ENOTFOUND', 'ENODATA', 'EBADNAME'].includes(codeOf(error) ?? '')
