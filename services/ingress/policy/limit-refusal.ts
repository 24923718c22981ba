import type { Exceeded, LimitField } from '@postrider/limits/exceeded'
import type { LimitConfig } from '@postrider/runtime-config/config'
import { RefusalError } from '@postrider/smtp/refusal'
import { isoSeconds } from '@postrider/time/iso'

/** How much of each limit is used, in the words of the reply. */
const WORDS: Record<LimitField, (used: string, limit: LimitConfig) => string> = {
  messagesPerDay: (used) => `has sent ${used} messages in 24 hours`,
  recipientsPerDay: (used) => `has sent to ${used} recipients in 24 hours`,
  messagesPerMinute: (used) => `has sent ${used} messages in a minute`,
  newDestinationsPerDay: (used) => `has sent to ${used} new recipient domains in 24 hours`,
  concurrentSessions: (used) => `has ${used} sessions open`,
  rate: (used, { rate }) =>
    `has used ${used} messages of its burst (${rate?.messages ?? 0} more every ${(rate?.perMs ?? 0) / 1000} s)`,
}

/** The reply that names the limit, its use and when there is room again. 4xx: a client with a queue sends the same message again later. */
export function limitRefusal(account: string, limit: LimitConfig, exceeded: Exceeded, code = 452): RefusalError {
  const { field, used, allowed, freeAt } = exceeded
  const what = WORDS[field](`${used} of ${allowed}`, limit)
  const then =
    freeAt === undefined ? 'close a session, or try again when one ends' : `try again after ${isoSeconds(freeAt)}`
  const text = `limit reached: ${account.replace('/', ' ')} ${what} (SMTPLimit "${exceeded.limit}"); ${then}`
  return new RefusalError(code, '4.7.1', text, 'limit')
}
