import type { Stage } from '../category.ts'
import type { Rule } from './rule.ts'
import { TRANSLATED } from './translations.ts'

/** Mail loops. First, because the words about loops include words about sizes and limits. */
export const LOOPS: readonly Rule[] = [
  {
    category: 'other',
    pattern:
      /\b(?:mail)?loop(?:s|ed|ing)?\b|\bhop count\b|\b(?:many|\d{1,3}) hops\b|many received headers|number of .{0,3}received\b/,
  },
]

/** The remote itself could not reach something: an address check, a next hop, a name server. */
export const NETWORK: readonly Rule[] = [
  {
    category: 'network',
    pattern:
      /\btimed?[ -]?out\b|\b(?:tcp|socket|network)\b.{0,20}\berror\b|\bconnection (?:reset|lost|dropped|aborted)\b|\blost connection\b/,
  },
  { category: 'network', pattern: /\bdns (?:query|lookup|server|resolution|resolve) (?:fail|error|time)|\bno dns\b/ },
  {
    category: 'network',
    pattern: /no route to host|network (?:is )?unreachable|host (?:is )?unreachable|unreachable host/,
  },
  { category: 'other', pattern: /verification (?:is )?in progress/ },
]

/** Stages at which the reply does not concern the recipient: it was accepted before, or not yet named. */
const OF_SENDER: readonly Stage[] = ['mail', 'data', 'content', 'final']

/** The recipient's domain or its mail servers do not exist or accept no mail. */
export const DESTINATION: readonly Rule[] = [
  { category: 'bad-destination-host', pattern: /\bhost not found\b/ },
  { category: 'bad-destination-host', notAt: OF_SENDER, pattern: TRANSLATED.destination },
  {
    category: 'bad-destination-host',
    notAt: OF_SENDER,
    pattern:
      /non-?exist[ae]nt ?(?:domain|host)|\bunroute?able (?:mail )?(?:domain|host)|\bnull mx\b|no such (?:domain|host)\b/,
  },
  {
    category: 'bad-destination-host',
    notAt: OF_SENDER,
    pattern:
      /\b(?:domain|host) (?:name )?(?:\S{1,255} )?(?:not found|unknown|(?:does not|doesn't|not) (?:exist|accept mail))/,
  },
  {
    category: 'bad-destination-host',
    notAt: OF_SENDER,
    pattern: /\b(?:unknown|find the|invalid) (?:recipient |destination )?(?:domain|host)\b/,
  },
  {
    category: 'bad-destination-host',
    notAt: OF_SENDER,
    pattern: /\bmx (?:records?|hosts?)\b.{0,20}\bpoint|\bno (?:mx|mail servers?|mail hosts?)\b/,
  },
  {
    category: 'bad-destination-host',
    notAt: OF_SENDER,
    pattern: /accepts? no mail|neither mail servers|all hosts? .{0,30}fail/,
  },
]
