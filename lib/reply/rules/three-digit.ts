import type { Category, Stage } from '../category.ts'
import { isBareRefusal } from './bare-refusal.ts'

/** The category of a code if nothing else decides (RFC 5321, 4.2.3; RFC 3207; RFC 4954; RFC 7504), including non-standard codes of some
 * gateways. If the meaning depends on the stage, `BY_STAGE` decides first. */
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

/** What is refused: at RCPT the recipient, at MAIL the sender, after the final dot the message, before that the client. */
const BY_STAGE: Partial<Record<Stage, Partial<Record<number, Category>>>> = {
  connect: { 521: 'policy', 550: 'policy', 553: 'policy', 554: 'policy' },
  greeting: { 521: 'policy', 550: 'policy', 553: 'policy', 554: 'policy' },
  ehlo: { 550: 'policy', 553: 'policy', 554: 'policy' },
  mail: { 521: 'policy', 550: 'policy', 552: 'message-too-large', 553: 'policy', 554: 'policy', 556: 'policy' },
  rcpt: { 550: 'unknown-user', 553: 'unknown-user', 554: 'policy' },
  data: { 550: 'policy', 554: 'policy' },
  final: { 550: 'policy', 552: 'message-too-large', 554: 'policy' },
}

/** The category of a code if the words do not decide; `words` as returned by `wording`. */
export function categoryOfCode(code: number, stage: Stage | undefined, words: string): Category | undefined {
  if (code < 400) return 'protocol-error'
  if (stage === 'starttls') return 'tls'
  const category = stage && BY_STAGE[stage]?.[code]
  // A wrong "unknown user" would count against the sender.
  if (category === 'unknown-user' && !isBareRefusal(words)) return 'policy'
  return category ?? BY_CODE[code]
}
