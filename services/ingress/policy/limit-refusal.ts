import type { Exceeded, LimitField } from '@postrider/limits/exceeded'
import type { LimitConfig } from '@postrider/runtime-config/config'
import { Refusal } from '../refusal.ts'

const WORDS: Record<Exclude<LimitField, 'rate'>, string> = {
  messagesPerDay: 'messages in 24 hours',
  recipientsPerDay: 'recipients in 24 hours',
  messagesPerMinute: 'messages a minute',
  newDestinationsPerDay: 'new recipient domains in 24 hours',
  concurrentSessions: 'sessions at once',
}

/** The reply that names the limit, its use and when it frees. 4xx: the same message is welcome later, and a client that queues
 * will send it then. */
export function limitRefusal(account: string, limit: LimitConfig, exceeded: Exceeded, code = 452): Refusal {
  const { field, used, allowed, freeAt } = exceeded
  const what = field === 'rate' ? rateWords(limit) : WORDS[field]
  const frees =
    freeAt === undefined ? 'frees when one ends' : `frees at ${new Date(freeAt).toISOString().replace(/\.\d+Z$/, 'Z')}`
  const text = `limit ${exceeded.limit} of ${account.replace('/', ' ')}: ${used} of ${allowed} ${what} used; ${frees}`
  return new Refusal(code, '4.7.1', text, 'limit')
}

const rateWords = ({ rate }: LimitConfig): string =>
  `messages at once, with ${rate?.messages ?? 0} more every ${(rate?.perMs ?? 0) / 1000} s,`
