import type { Rule } from './rule.ts'
import { TRANSLATED } from './translations.ts'

/** A quota for sending, not for the size of a mailbox. */
const OF_SENDER = /\bsender\b|\bqueue\b|\bsending\b|\bper (?:hour|day|minute)\b|\b(?:daily|hourly)\b/

/** A full mailbox. Before "unknown user", because the reply often has 5.1.1 and names the domain. */
export const FULL: readonly Rule[] = [
  {
    category: 'mailbox-full',
    pattern:
      /\bover ?-?quota|\bquota (?:is |was |has been )?(?:exceeded|full|reached|over)\b|quotaexceeded|shutoffquota/,
    unless: OF_SENDER,
  },
  {
    category: 'mailbox-full',
    pattern:
      /\b(?:mail ?box|inbox|storage)\b.{0,40}\b(?:full|over (?:its|the|quota)|size limit|out of)\b|\bout of storage\b|\bmail ?box limit\b/,
  },
  {
    category: 'mailbox-full',
    pattern: /exceed\w{0,5} (?:\S{1,20} ){0,3}(?:quota|storage)\b|storage (?:limit|allocation|quota)|disk quota/,
  },
  {
    category: 'mailbox-full',
    pattern: /\bexhausted\b.{0,40}\b(?:storage|space|quota)\b/,
  },
  { category: 'mailbox-full', pattern: TRANSLATED.full, unless: OF_SENDER },
]

/** A mailbox that exists and is disabled. `blocked` counts only for an account, since a message can be blocked as well. */
export const DISABLED: readonly Rule[] = [
  { category: 'mailbox-disabled', pattern: TRANSLATED.disabled },
  { category: 'mailbox-disabled', pattern: /\bno (?:\S{1,12} )?activity\b/ },
  {
    category: 'mailbox-disabled',
    pattern:
      /\b(?:user|account|mail ?box|addr|address|mailaddress|recipient|domain|konto|compte|customer)\b.{0,60}\b(?:disabled|inactive|suspended|locked|deactivated|closed|terminated|discontinued|expired|frozen|deaktiviert|gesperrt|desactive)\b/,
    unless: /\bsender\b|\bsending (?:account|domain)/,
  },
  {
    category: 'mailbox-disabled',
    pattern:
      /\b(?:disabled|inactive|suspended|deactivated|closed|locked) (?:user|account|mail ?box|recipient|e?-?mail|address)\b/,
  },
  {
    category: 'mailbox-disabled',
    pattern:
      /\b(?:account|compte|mail ?box|domain)\b.{0,30}\b(?:(?:is|est|has been) (?:blocked|bloque)|(?:is )?not (?:yet )?activ(?:e|ated))\b/,
  },
]

/** Unknown user, in other languages. */
const FOREIGN: Rule = { category: 'unknown-user', notAt: ['mail'], pattern: TRANSLATED.unknownUser }

const WHO =
  'user|recipient|rcpt|mail ?box|addressee|account|addr|address|alias|customer|destinataire|adresse|usuario|empfanger'

/** Unknown user. At MAIL the address in question is the sender's, so these rules do not apply there. */
export const UNKNOWN: readonly Rule[] = [
  FOREIGN,
  {
    category: 'unknown-user',
    notAt: ['mail'],
    pattern: /\bno (?:\S{1,20} ){1,3}for this (?:address|recipient|user)\b/,
  },
  {
    category: 'unknown-user',
    notAt: ['mail'],
    pattern: new RegExp(
      `\\b(?:${WHO})\\b.{0,60}\\b(?:unknown|not (?:be )?found|not exist|(?:doe?sn?|didn|don)'?t exist|not used|not in use|no longer|no exist|cannot be verified|not available|unavailable|invalid(?:e)?|not known|undeliverable|unbekannt|inconnue?|desconocido|no existe|nicht gefunden|introuvable)\\b`,
    ),
    unless: /temporarily (?:un|not )available|\bsender\b|policy/,
  },
  {
    category: 'unknown-user',
    notAt: ['mail'],
    pattern: new RegExp(
      `\\b(?:no such|unknown|invalid|bad|non-?existent|undeliverable|unrouteable|unverified|unrecognized|no)[ -](?:\\S{1,20} )?(?:${WHO}|person|local part)\\b`,
    ),
    unless: /\bsender\b|policy/,
  },
  {
    category: 'unknown-user',
    notAt: ['mail'],
    pattern:
      /\bnot (?:our|a valid|in|a|an?|(?:an? )?(?:known|existing|local|registered)) (?:e?-?mail )?(?:customer|user|recipient|address|mailbox|member)/,
  },
  {
    category: 'unknown-user',
    notAt: ['mail'],
    pattern: /\b(?:does not|doesn't) have an? (?:\S{1,255} )?account\b|nosuchuser|recip(?:ient)?notfound/,
  },
  {
    category: 'unknown-user',
    notAt: ['mail'],
    pattern:
      /\baddress lookup\b.{0,30}\bfail|\brecipient verif\w{1,8}\b.{0,20}\bfail|\bnot listed in\b|addresses? rejected\W{0,3}$|\brecipient rejected\b|\baddr is unavailable/,
  },
  // Exchange Online's directory-based edge blocking.
  { category: 'unknown-user', enhanced: /^5\.4\.1$/, pattern: /access denied/ },
]
