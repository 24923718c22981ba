import type { Category } from '@postrider/reply/category'
import type { BounceInfo } from '@postrider/reply/classify'
import type { RecipientResult, Stage } from '../transaction/outcome.ts'

/** RFC 3463 subject and detail for a reply without an enhanced status, by category; undefined if the category adds nothing to the class. */
const BY_CATEGORY: Record<Category, string | undefined> = {
  'unknown-user': '1.1',
  'mailbox-full': '2.2',
  'mailbox-disabled': '2.1',
  'bad-destination-host': '1.2',
  'message-too-large': '3.4',
  'relay-denied': '7.1',
  'spam-content': '7.1',
  virus: '7.1',
  policy: '7.1',
  'auth-dmarc': '7.1',
  'auth-spf': '7.23',
  'auth-dkim': '7.20',
  'reverse-dns': '7.25',
  blocklisted: '7.1',
  'rate-limited': '7.1',
  greylisted: '7.1',
  tls: '7.10',
  network: '4.2',
  'protocol-error': '5.0',
  'server-unavailable': undefined,
  other: undefined,
}

/** The same for an attempt without a reply, by stage: the host did not answer (RFC 3463, 3.5: X.4.1), or its name could not be looked up
 * (X.4.3). At other stages the connection was lost (X.4.2), as for the category. */
const BY_STAGE: Partial<Record<Stage, string>> = { dns: '4.3', connect: '4.1' }

/** The enhanced status for notices (RFC 3463): that of the reply if its class agrees with the code, else one for the stage or the category,
 * else `fallback`. */
export function statusOf(
  { reply, result, stage }: Pick<RecipientResult, 'reply' | 'result' | 'stage'>,
  fallback: string,
  info?: Pick<BounceInfo, 'category'> & { enhanced?: string | null },
): string {
  const [, code, own] = /^(\d)\d\d[ -]#?([245]\.\d{1,3}\.\d{1,3})?/.exec(reply) ?? []
  if (own !== undefined && own[0] === code) return own
  // Some servers put the status elsewhere in the text, as qmail does: (#5.1.1).
  if (info?.enhanced?.startsWith(fallback[0] ?? '5')) return info.enhanced
  const byStage = result === 'failed' && info?.category === 'network' ? BY_STAGE[stage] : undefined
  const detail = byStage ?? (info && BY_CATEGORY[info.category])
  return detail === undefined ? fallback : `${fallback[0] ?? '5'}.${detail}`
}
