import type { Rule } from './rule.ts'

/** The remote reports a problem of its own. */
export const SERVER: readonly Rule[] = [
  {
    category: 'server-unavailable',
    pattern: /\b(?:virus|clam\w{0,3}|scanner|filter)\b.{0,30}\b(?:unavailable|unreachable|fail|error|timeout)/,
  },
  {
    category: 'server-unavailable',
    pattern:
      /\btemporar\w{1,4}\b|\bunavailable\b|\bnot available\b|\b(?:try|come back)(?: again)? later\b|\bplease retry\b/,
  },
  {
    category: 'server-unavailable',
    pattern:
      /\b(?:server|service|database|ldap|dns) (?:is )?down\b|\b(?:disk|ldap|database|mta|hardware) (?:failure|error|problem)\b|\bshutting down\b|\bbusy\b|\boverload|\bhigh load\b|\bload (?:is )?too high|\bmaintenance\b|\bout of memory\b|\bcannot allocate\b|\b(?:cannot|can't) fork\b/,
  },
  {
    category: 'server-unavailable',
    pattern: /\binsufficient (?:system|disk|resources|storage)|\bdisk full\b|\bsystem (?:is )?full\b|\bdatabase\b/,
  },
  {
    category: 'server-unavailable',
    pattern:
      /\b(?:lookup|write|internal|system|storage|config(?:uration)?|local|server) (?:\S{1,20} )?(?:failure|error|problem)\b/,
  },
  {
    category: 'server-unavailable',
    pattern: /\b(?:unable to|could not|cannot) (?:be )?(?:stored?|accept|process|load|complete|queue)\b/,
  },
]
