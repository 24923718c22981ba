import type { Action, Category, Stage } from './category.ts'
import { RETRIED_WHEN_5XX } from './category.ts'
import type { ParsedReply } from './parse.ts'
import { parseReply } from './parse.ts'
import { categoryOfStatus } from './rules/enhanced-status.ts'
import { categoryOfError } from './rules/network-error.ts'
import { TEXT_RULES } from './rules/order.ts'
import type { Rule } from './rules/rule.ts'
import { categoryOfCode } from './rules/three-digit.ts'
import { wording } from './wording.ts'

/** The classification of a refusal: retry or give up, and why. */
export interface BounceInfo {
  action: Action
  category: Category
  /** Three-digit code; null if there was no reply, or it has no code. */
  code: number | null
  /** Enhanced status as in the reply; its class may contradict the code. Null if it has none. */
  enhanced: string | null
  /** The words of the reply without its codes; for a connection error, its code and stage. */
  message: string
  /** What determined the category: the words, the enhanced status, the three-digit code, an error, or nothing. */
  decidedBy: 'text' | 'enhanced' | 'code' | 'error' | 'nothing'
}

export interface RefusalReply {
  /** The whole reply, with one line or several. */
  response: string
  stage?: Stage
}

/**
 * Classifies a reply that is not a success. Pure, never throws, linear in the length of the reply.
 *
 * The action follows from the three-digit code (RFC 5321, 4.2.1), whatever the enhanced status says: 4xx is retried, 5xx is not, except for
 * the categories in `RETRIED_WHEN_5XX`. Without a code, the enhanced status decides. A reply with neither is retried, because giving up
 * cannot be undone.
 */
export function getBounceInfo({ response, stage }: RefusalReply): BounceInfo {
  const reply = parseReply(response)
  const { category, decidedBy } = categoryOf(reply, stage)
  const { code, enhanced, text } = reply
  return { action: actionOf(reply, category), category, code, enhanced, message: text, decidedBy }
}

export interface ConnectionError {
  /** The code of Node (`ECONNREFUSED`, `CERT_HAS_EXPIRED`), or TIMEOUT, CLOSED, TLS, PROTOCOL. */
  code?: string
  stage?: Stage
}

/** Classifies a failure without a reply; it is always retried. */
export function classifyNetworkError({ code = 'UNKNOWN', stage }: ConnectionError): BounceInfo {
  const message = stage === undefined ? code : `${code} at ${stage}`
  const category = categoryOfError(code, stage)
  return { action: 'retry', category, code: null, enhanced: null, message, decidedBy: 'error' }
}

function categoryOf(reply: ParsedReply, stage: Stage | undefined): Pick<BounceInfo, 'category' | 'decidedBy'> {
  const words = wording(reply.text)
  const rule = TEXT_RULES.find((candidate) => matches(candidate, words, reply, stage))
  if (rule !== undefined) return { category: rule.category, decidedBy: 'text' }
  // Any other reply to STARTTLS means that there is no TLS.
  if (stage === 'starttls' && reply.code !== null) return { category: 'tls', decidedBy: 'code' }
  const byStatus = reply.enhanced === null ? undefined : categoryOfStatus(reply.enhanced, stage)
  if (byStatus !== undefined) return { category: byStatus, decidedBy: 'enhanced' }
  const byCode = reply.code === null ? undefined : categoryOfCode(reply.code, stage, words)
  if (byCode !== undefined) return { category: byCode, decidedBy: 'code' }
  return { category: 'other', decidedBy: 'nothing' }
}

function matches(rule: Rule, words: string, reply: ParsedReply, stage: Stage | undefined): boolean {
  if (rule.codeClass !== undefined && rule.codeClass !== classOf(reply)) return false
  if (rule.enhanced !== undefined && !rule.enhanced.test(reply.enhanced ?? '')) return false
  if (stage !== undefined && rule.notAt?.includes(stage) === true) return false
  return rule.pattern.test(words) && rule.unless?.test(words) !== true
}

function actionOf(reply: ParsedReply, category: Category): Action {
  return classOf(reply) === 5 && !RETRIED_WHEN_5XX.has(category) ? 'bounce' : 'retry'
}

/** First digit of the code, else of the enhanced status, else 0. */
function classOf({ code, enhanced }: ParsedReply): number {
  return code === null ? Number(enhanced?.[0] ?? 0) : Math.floor(code / 100)
}
