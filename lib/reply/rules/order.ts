import { AUTHENTICATION, REVERSE_DNS } from './authentication.ts'
import { FORBIDDEN_PARTS, MALWARE, SIZE, SPAM, SPAM_CHECKS } from './content.ts'
import { ADDRESS_LISTS, CONTENT_LISTS } from './lists.ts'
import { DISABLED, FULL, UNKNOWN } from './mailbox.ts'
import { GREYLISTING, PACE } from './pace.ts'
import { POLICY, SENDER } from './policy.ts'
import { PROVIDER_CODES } from './provider-codes.ts'
import { REPUTATION } from './reputation.ts'
import { DESTINATION, LOOPS, NETWORK } from './routing.ts'
import type { Rule } from './rule.ts'
import { SERVER } from './server.ts'
import { PROTOCOL, RELAYING, TLS } from './session.ts'

/** All text rules, in the order in which they are tried: unambiguous ones first, ambiguous ones last. The comment of each table explains
 * its position; docs/reply-classification.md has the list. */
export const TEXT_RULES: readonly Rule[] = [
  ...PROVIDER_CODES,
  ...LOOPS,
  ...GREYLISTING,
  ...RELAYING,
  ...TLS,
  ...MALWARE,
  ...SPAM_CHECKS,
  ...AUTHENTICATION,
  ...REVERSE_DNS,
  ...PACE,
  ...CONTENT_LISTS,
  ...ADDRESS_LISTS,
  ...REPUTATION,
  ...NETWORK,
  ...SENDER,
  ...PROTOCOL,
  ...FULL,
  ...DISABLED,
  ...DESTINATION,
  ...UNKNOWN,
  ...SIZE,
  ...FORBIDDEN_PARTS,
  ...SPAM,
  ...POLICY,
  ...SERVER,
]
