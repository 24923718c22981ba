import { withoutHosts } from './hosts.ts'

/** What of a reply's words the rules see, in characters. Rules match in linear time; this bounds them all the same. */
const RULES_SEE = 2000

/** Sentences that say why somebody has rules, not which one was broken. They would look like a verdict on content. */
const BOILERPLATE =
  /to (?:best |better )?(?:protect (?:our )?users from spam|reduce the amount of spam|help (?:prevent|fight|reduce) spam)[^.,]{0,60}/g

/** What somebody called his rule. */
const NAMED_RULE = /\b(?:rule|filter|policy) (?:named |called )?(?:'[^']{1,80}'|"[^"]{1,80}")/g

const MAIL_ADDRESS = /[^\s<>"'(),;:=/@]{1,64}@[a-z0-9.-]{1,255}/g

/** The words as the rules see them: lower case, one kind of apostrophe and space, accents dropped, mail addresses replaced
 * by `addr` (`virus@example.com` is not a verdict), URLs and host names taken out (see hosts.ts), and stock phrases as well. */
export function wording(text: string): string {
  const plain = text
    .slice(0, RULES_SEE)
    .toLowerCase()
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFC')
    .replace(/[\u2018\u2019\u00b4`]/g, "'")
    .replace(/\.{2,}/g, ' ')
    .replace(MAIL_ADDRESS, 'addr')
  return withoutHosts(plain)
    .replace(BOILERPLATE, '')
    .replace(NAMED_RULE, 'rule')
    .replace(/\bexe+ded\b/g, 'exceeded')
    .replace(/[\s_]+/g, ' ')
    .trim()
}
