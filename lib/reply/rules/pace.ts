import type { Rule } from './rule.ts'
import { TRANSLATED } from './translations.ts'

/** The first attempt is deferred on purpose. Only a 4xx reply can be that. */
export const GREYLISTING: readonly Rule[] = [
  { category: 'greylisted', codeClass: 4, pattern: TRANSLATED.greylisted },
  { category: 'greylisted', codeClass: 4, pattern: /\bgr[ea]y(?:[ -]?list|\.rbl|ed\b)|postgrey/ },
  { category: 'greylisted', codeClass: 4, pattern: /\bnot (?:yet )?whitelisted\b|\bnot yet authori[sz]ed\b/ },
  {
    category: 'greylisted',
    codeClass: 4,
    enhanced: /^4\.7\.1$/,
    pattern: /^(?:please )?(?:try again|come back) later\W{0,3}$/,
  },
  {
    category: 'greylisted',
    codeClass: 4,
    pattern: /\b(?:try|retry|come back)(?: again)? in \d{1,5} ?(?:s|sec|min)/,
    unless: /\bmaintenance\b|\bshut/,
  },
]

/** Too many connections, messages or recipients. Before reputation, because a limit is often explained by it ("rate limited due to IP
 * reputation"); after authentication, because a limit is often the consequence of missing authentication. */
export const PACE: readonly Rule[] = [
  { category: 'rate-limited', pattern: TRANSLATED.pace },
  { category: 'rate-limited', pattern: /\btoo (?:fast|quickly|often|frequently)\b|\bqueue quota\b/ },
  {
    category: 'rate-limited',
    pattern: /\brate\b.{0,60}(?:exceed|over ?limit|too high)|\bout of allow\w{0,2} (?:rcpt|recipient)/,
  },
  { category: 'rate-limited', pattern: /\brate[ -]?limit|throttl|frequency (?:is )?limited|slow down/ },
  {
    category: 'rate-limited',
    pattern:
      /\btoo (?:many|much) (?:\S{1,20} ){0,3}(?:connections?|sessions?|messages?|e?-?mails?|recipients?|rcpts?|attempts|addresses|requests|deliveries)\b/,
    unless: /too much mail data/,
  },
  {
    category: 'rate-limited',
    pattern: /\b(?:excessive|unusual|unexpected|high) (?:amounts?|volume|rate|number|sending|traffic|activity)/,
  },
  {
    category: 'rate-limited',
    pattern: /\bmax(?:imum)? (?:allowed )?number of\b|\bmax(?:imum)? (?:\S{1,20} ){1,3}per\b/,
  },
  {
    category: 'rate-limited',
    pattern: /\b(?:per|this|an?|each) (?:hour|day|minute|session|connection)\b.{0,40}(?:exceed|reach|limit)/,
  },
  { category: 'rate-limited', pattern: /(?:exceed|reach|limit).{0,40}\bper (?:hour|day|minute|session|connection)\b/ },
  {
    category: 'rate-limited',
    pattern:
      /\b(?:daily|hourly|sending|submission) (?:message |mail )?(?:quota|limit)|\bquota exceeded (?:for|by|of) (?:the |this )?sender\b/,
  },
  {
    category: 'rate-limited',
    pattern:
      /\b(?:connections?|thread|session|recipients?|rcpt|messages?) limit|\bexceed\w{0,3}\b.{0,30}\b(?:messag|send|mail)\w{0,5} limits?\b/,
  },
  { category: 'rate-limited', pattern: /connection slots|concurren(?:t|cy) .{0,30}(?:limit|exceed|reach)/ },
  {
    category: 'rate-limited',
    pattern: /\bmessages? from .{0,60}(?:temporarily|permanently) deferred|\bat a rate that\b/,
  },
]
