import type { Rule } from './rule.ts'
import { TRANSLATED } from './translations.ts'

/** SPF, DKIM, DMARC. DMARC first: its replies report the results of the other two. */
export const AUTHENTICATION: readonly Rule[] = [
  { category: 'auth-dmarc', pattern: /\bdmarc\b/ },
  { category: 'auth-dmarc', pattern: /\bspf\b.{0,80}\bdkim\b|\bdkim\b.{0,80}\bspf\b/ },
  {
    category: 'auth-dmarc',
    pattern: /authentication (?:information|checks)|unauthenticated (?:e-?mail|sender)|sender is unauthenticated/,
  },
  { category: 'auth-dkim', pattern: /\bdkim\b|\bdomainkeys?\b/ },
  { category: 'auth-spf', pattern: /\b(?:open)?spf\b|sender policy framework/ },
]

/** The sending address has no name in reverse DNS, or the name does not resolve back to the address. */
export const REVERSE_DNS: readonly Rule[] = [
  { category: 'reverse-dns', pattern: TRANSLATED.reverseDns },
  {
    category: 'reverse-dns',
    pattern: /\bptr\b|\brdns\b|\bfcrdns\b|\breverse[ -]?(?:dns|lookup|host ?name|mapping|record|resolution|name)/,
  },
  {
    category: 'reverse-dns',
    pattern:
      /\bhost ?names?\b.{0,30}\b(?:(?:not|n't) (?:resolve|match|found|valid)|invalid)|\bno (?:valid )?host ?name\b|\bdns problem with your ip\b/,
    unless: /\b(?:recipient|destination|helo|ehlo)\b/,
  },
  {
    category: 'reverse-dns',
    pattern: /ip name lookup failed|\b(?:find|resolve|verify) your (?:reverse )?(?:host ?name|ip|address)\b/,
  },
]
