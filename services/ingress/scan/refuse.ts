import { RefusalError } from '@postrider/smtp/refusal'
import type { Decision } from './verdict.ts'

/** The reply that refuses a message; undefined if the decision lets it be accepted. */
export function refusalOf(decision: Decision | undefined): RefusalError | undefined {
  if (decision?.action === 'tempfail') {
    return decision.outcome === 'unavailable'
      ? new RefusalError(
          451,
          '4.7.1',
          'the message cannot be scanned at the moment; try again in a few minutes',
          'scanner',
        )
      : new RefusalError(451, '4.7.1', `temporarily refused (${decision.reason}); try again later`, 'spam')
  }
  if (decision?.action !== 'reject') return undefined
  const { outcome, reason } = decision
  if (outcome === 'infected') {
    const text = `the message contains ${reason}; remove it, or contact your mail administrator if you think this is a mistake`
    return new RefusalError(550, '5.7.1', text, 'malware')
  }
  if (outcome === 'too-large') {
    return new RefusalError(552, '5.3.4', 'the message is too large to be scanned; send a smaller one', 'size')
  }
  const text = `the message looks like ${reason}; change it, or contact your mail administrator if you think this is a mistake`
  return new RefusalError(550, '5.7.1', text, 'spam')
}
