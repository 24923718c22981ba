import type { Category, Stage } from '../category.ts'
import { isBareRefusal } from './bare-refusal.ts'

/** What a code means that comes alone (RFC 5321, 4.2.3; RFC 3207; RFC 4954; RFC 7504), with the codes that some gateways
 * made up. Where a code means different things at different stages, `BY_STAGE` is asked first. */
const BY_CODE: Partial<Record<number, Category>> = {
  421: 'server-unavailable',
  432: 'server-unavailable',
  441: 'network',
  442: 'network',
  447: 'network',
  450: 'server-unavailable',
  451: 'server-unavailable',
  452: 'server-unavailable',
  454: 'tls',
  500: 'protocol-error',
  501: 'protocol-error',
  502: 'protocol-error',
  503: 'protocol-error',
  504: 'protocol-error',
  510: 'unknown-user',
  511: 'unknown-user',
  512: 'bad-destination-host',
  517: 'policy',
  521: 'bad-destination-host',
  523: 'message-too-large',
  530: 'policy',
  534: 'policy',
  535: 'policy',
  538: 'tls',
  541: 'spam-content',
  551: 'unknown-user',
  552: 'mailbox-full',
  555: 'protocol-error',
  556: 'bad-destination-host',
  571: 'policy',
}

/** At RCPT the recipient is refused, at MAIL the sender, after the dot the message, before all that we are. */
const BY_STAGE: Partial<Record<Stage, Partial<Record<number, Category>>>> = {
  connect: { 521: 'policy', 550: 'policy', 553: 'policy', 554: 'policy' },
  greeting: { 521: 'policy', 550: 'policy', 553: 'policy', 554: 'policy' },
  ehlo: { 550: 'policy', 553: 'policy', 554: 'policy' },
  mail: { 521: 'policy', 550: 'policy', 552: 'message-too-large', 553: 'policy', 554: 'policy', 556: 'policy' },
  rcpt: { 550: 'unknown-user', 553: 'unknown-user', 554: 'policy' },
  data: { 550: 'policy', 554: 'policy' },
  final: { 550: 'policy', 552: 'message-too-large', 554: 'policy' },
}

/** The category of a code whose words are not conclusive; `words` as `wording` gives them. */
export function categoryOfCode(code: number, stage: Stage | undefined, words: string): Category | undefined {
  if (code < 400) return 'protocol-error'
  if (stage === 'starttls') return 'tls'
  const category = stage && BY_STAGE[stage]?.[code]
  // A wrong "unknown user" is counted against the sender.
  if (category === 'unknown-user' && !isBareRefusal(words)) return 'policy'
  return category ?? BY_CODE[code]
}
