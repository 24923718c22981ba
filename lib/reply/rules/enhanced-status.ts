import type { Category, Stage } from '../category.ts'

/** The category of `subject.detail` if the words do not decide: RFC 3463, the IANA registry (RFC 5248, 7372, 7505, 8689), and codes of
 * Gmail and Exchange Online. */
const BY_DETAIL: Partial<Record<string, Category>> = {
  '1.1': 'unknown-user',
  '1.2': 'bad-destination-host',
  '1.3': 'protocol-error',
  '1.4': 'unknown-user',
  '1.6': 'unknown-user',
  '1.7': 'protocol-error',
  '1.8': 'policy',
  '1.10': 'bad-destination-host',
  '2.1': 'mailbox-disabled',
  '2.2': 'mailbox-full',
  '2.3': 'message-too-large',
  '3.3': 'protocol-error',
  '3.4': 'message-too-large',
  '4.4': 'bad-destination-host',
  '4.5': 'server-unavailable',
  '4.6': 'other',
  '4.310': 'bad-destination-host',
  '4.317': 'tls',
  '5.3': 'rate-limited',
  '7.4': 'tls',
  '7.5': 'tls',
  '7.10': 'tls',
  '7.11': 'tls',
  '7.13': 'mailbox-disabled',
  '7.17': 'unknown-user',
  '7.18': 'unknown-user',
  '7.20': 'auth-dkim',
  '7.21': 'auth-dkim',
  '7.22': 'auth-dkim',
  '7.23': 'auth-spf',
  '7.24': 'auth-spf',
  '7.25': 'reverse-dns',
  '7.26': 'auth-dmarc',
  '7.28': 'rate-limited',
  '7.30': 'tls',
  '7.40': 'auth-dmarc',
  '7.54': 'relay-denied',
  '7.64': 'relay-denied',
  '7.500': 'rate-limited',
  '7.501': 'spam-content',
  '7.502': 'spam-content',
  '7.503': 'spam-content',
  '7.509': 'auth-dmarc',
  '7.511': 'blocklisted',
  '7.515': 'auth-dmarc',
  '7.708': 'blocklisted',
}

const BY_SUBJECT: Partial<Record<string, Category>> = {
  '1': 'unknown-user',
  '2': 'mailbox-disabled',
  '3': 'server-unavailable',
  '4': 'network',
  '5': 'protocol-error',
  '6': 'protocol-error',
  '7': 'policy',
}

/** Stages after the recipient was accepted. */
const OF_MESSAGE: ReadonlySet<Stage> = new Set(['data', 'content', 'final'])

/** Exchange Online numbers its reasons in blocks. */
const BLOCKS: readonly { from: number; to: number; category: Category }[] = [
  { from: 320, to: 325, category: 'tls' },
  { from: 606, to: 649, category: 'blocklisted' },
  { from: 650, to: 659, category: 'rate-limited' },
]

/** The category of an enhanced status, by its detail or otherwise by its subject. Undefined if it has no meaning (`5.0.0`). */
export function categoryOfStatus(enhanced: string, stage: Stage | undefined): Category | undefined {
  const category = categoryByTable(enhanced)
  // At MAIL, the unknown address or disabled mailbox is the sender's.
  if (stage === 'mail' && (category === 'unknown-user' || category === 'mailbox-disabled')) return 'policy'
  // "Other or undefined mailbox status" is not about the mailbox when the recipient was accepted before.
  if (/^\d\.2\.0$/.test(enhanced) && stage !== undefined && OF_MESSAGE.has(stage)) return 'policy'
  return category
}

function categoryByTable(enhanced: string): Category | undefined {
  const [, subject = '', detail = ''] = enhanced.split('.')
  const exact = BY_DETAIL[`${Number(subject)}.${Number(detail)}`]
  if (exact !== undefined) return exact
  const block = subject === '7' && BLOCKS.find(({ from, to }) => Number(detail) >= from && Number(detail) <= to)
  return block ? block.category : BY_SUBJECT[subject]
}
