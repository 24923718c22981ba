import type { Rule } from './rule.ts'
import { TRANSLATED } from './translations.ts'

/** The remote does not relay mail for the recipient's domain. */
export const RELAYING: readonly Rule[] = [
  {
    category: 'relay-denied',
    pattern: /\brelay(?:ing|ed)?\b(?!=).{0,40}\b(?:denied|not|prohibited|rejected|forbidden|disallowed|refused)\b/,
    unless: /relay recipient/,
  },
  {
    category: 'relay-denied',
    pattern:
      /\b(?:unable|not (?:allowed|permitted|authorized)|cannot|can't|do not|don't|won't|unauthorized|for) (?:to )?relay\b/,
  },
  {
    category: 'relay-denied',
    pattern:
      /\bno relay(?:ing)?\b|\bnot configured to relay\b|\b(?:don't|do not|doesn't|does not) (?:handle|process|host|serve)(?: \S{1,12})? mail (?:for|to)\b|\bden(?:y|ies|ied) (?:\S{1,20} )?relay/,
  },
  { category: 'relay-denied', pattern: TRANSLATED.relay },
  { category: 'relay-denied', pattern: /rcpthosts|tenantattribution|\bnot a gateway\b/ },
]

/** TLS is missing, refused or broken. */
export const TLS: readonly Rule[] = [
  { category: 'tls', pattern: /\bstarttls\b/, unless: /syntax|violation|pipelin|out of sequence|unrecognized/ },
  {
    category: 'tls',
    pattern:
      /\b(?:too )?(?:old|weak|outdated|obsolete) (?:tls|ssl)\b|\b(?:tls|ssl) (?:version|too old)\b|\btls\b.{0,40}(?:requir|need|mandatory|sessions|available|handshake|fail|negotiat)|\b(?:over|without|use) (?:a )?(?:tls|ssl)\b/,
  },
  {
    category: 'tls',
    pattern:
      /\b(?:requires?|must use|no) (?:\S{1,12} )?(?:tls|ssl|encrypt(?:ion|ed))\b|\bencryption (?:is )?(?:requir|need)/,
  },
  { category: 'tls', pattern: /\b(?:tls|ssl)(?:v?[ \d.]{1,6})?\b.{0,30}\b(?:not |un)supported/ },
  { category: 'tls', pattern: /\bcertificate\b.{0,40}(?:valid|expired|fail|mismatch|trust)/ },
]

/** A command or the format of the message violates RFC 5321 or RFC 5322. */
export const PROTOCOL: readonly Rule[] = [
  {
    category: 'protocol-error',
    pattern: /\bsyntax|\bsyntactic|protocol (?:violation|error|deviation)|(?:bad|out of) sequence/,
  },
  {
    category: 'protocol-error',
    pattern: /\b(?:unrecognized|unimplemented|unknown|invalid|unauthenticated) commands?\b|not implemented/,
  },
  {
    category: 'protocol-error',
    pattern:
      /\bneed (?:fully-qualified|(?:rcpt|mail|helo|ehlo|data)\b)|start afresh|no valid recipients|too many errors/,
  },
  {
    category: 'protocol-error',
    pattern:
      /\b(?:helo|ehlo)\b.{0,40}(?:invalid|reject|requir|argument|first|name|match|resolv|incorrect|forg)|\b(?:invalid|bad|no|polite) (?:helo|ehlo)\b/,
  },
  {
    category: 'protocol-error',
    pattern:
      /\brfc[ -.]?(?:\d{3,4}[ -])?(?:complian|violat|conform)|\brfc ?\d{3,4}\b.{0,20}\b(?:error|requirement|standard)|\b(?:conform|comply) (?:to|with) (?:the )?rfc|\bonly one \S{1,20} (?:header|field)|not a valid rfc|\bmalformed\b|non-?compliant/,
  },
  {
    category: 'protocol-error',
    pattern: /\b(?:duplicate|multiple|missing|invalid|bad|disallowed|blank) (?:\S{1,20} )?(?:headers?\b|from\b:)/,
  },
  {
    category: 'protocol-error',
    pattern:
      /\b(?:should|must) have\b.{0,30}\bheaders?\b|\bheaders? (?:\S{1,20} )?(?:is|are) (?:missing|invalid|not permitted)/,
  },
  {
    category: 'protocol-error',
    pattern:
      /\bencoded-word\b|synchroni[sz]ation error|\billegal char|\bstray (?:newline|lf|cr)\b|\bbare (?:lf|cr|line-?feed|newline)|smtplf|\bline (?:limit|length|(?:is )?too long)/,
  },
  {
    category: 'protocol-error',
    pattern:
      /\bmime\b.{0,30}(?:error|invalid|reject)|\binvalid (?:data|structure)|multiple destination domains|\bsmtputf8\b|\b8-?bit(?:mime)?\b/,
  },
  { category: 'protocol-error', enhanced: /^\d\.1\.[37]$/, pattern: /\binvalid|\bnot (?:a )?valid|\bbad\b/ },
]
