import { withoutHosts } from './hosts.ts'

/** How much of a reply's words the rules see, in characters: an additional bound on rules that match in linear time. */
const RULES_SEE = 2000

/** Sentences that say why a site has rules, not which one refused the message. They would look like a statement about the content. */
const BOILERPLATE =
  /to (?:best |better )?(?:protect (?:our )?users from spam|reduce the amount of spam|help (?:prevent|fight|reduce) spam)[^.,]{0,60}/g

/** The name that a site gave to its rule. */
const NAMED_RULE = /\b(?:rule|filter|policy) (?:named |called )?(?:'[^']{1,80}'|"[^"]{1,80}")/g

const MAIL_ADDRESS = /[^\s<>"'(),;:=/@]{1,64}@[a-z0-9.-]{1,255}/g

/** The words in the form that the rules see: lower case, one kind of apostrophe and space, no accents, mail addresses replaced by `addr`
 * (`virus@example.com` says nothing about a virus), URLs and host names replaced (see hosts.ts), and stock phrases removed. */
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
