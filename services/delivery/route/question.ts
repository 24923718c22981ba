import { Resolver } from 'node:dns/promises'

export interface QuestionTimes {
  /** For each of the first tries at each server, at most. */
  quickMs: number
  tries: number
  /** From the question to the end, when the servers are silent. */
  patientMs: number
}

/** RFC 1035, 7.2 proposes some seconds a try. Name servers that take 4 s for a name in a far or broken zone are common. */
export const QUESTION_TIMES: QuestionTimes = { quickMs: 2000, tries: 2, patientMs: 10_000 }
/** However long the quick tries took, a slow answer is given at least this long. */
const MIN_PATIENCE_MS = 5000

export type Question<T> = (resolver: Resolver) => Promise<T>

/** Asks the given resolvers; rejects as node:dns does.
 *
 * c-ares adapts its time-out to how quickly a server usually answers: five times its average, down to 250 ms, whatever the option
 * `timeout` says. A resolver that answers in a millisecond is given up after two such tries, and a name that takes it 2 s to look
 * up is never found. So a question that timed out is asked once more through a channel that has measured nothing yet and
 * waits for the given time, at all servers at once. */
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

/** The first answer that any of the servers gives. */
async function askPatiently<T>(question: Question<T>, servers: string[], waitMs: number): Promise<T> {
  const channels = servers.map((server) => {
    const resolver = new Resolver({ timeout: waitMs, tries: 1, maxTimeout: waitMs })
    resolver.setServers([server])
    return resolver
  })
  // That there is no such name is an answer; a server in trouble leaves it to the others.
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
