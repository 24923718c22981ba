/** Operators of block lists of sending addresses, by the end of the host names in replies. A mention of one of them determines the
 * category; other host names do not mean anything. */
const LIST_OPERATORS = new RegExp(
  String.raw`(?:^|\.)(?:${[
    'spamhaus|spamcop|sorbs|abusix|uceprotect|abuseat|spamrats|spfbl|mailspike|invaluement|psbl|surriel|manitu|senderscore|senderbase',
    'talosintelligence|cymru|junkemailfilter|hostkarma|spameatingmonkey|backscatterer|blocklist|0spam|s5h|gbudb|dronebl|lashback',
    'interserver|anonmails|mail-abuse|barracudacentral|dnsbl|dnswl|njabl|dsbl|cloudmark',
  ].join(
    '|',
  )})\.[a-z]{2,6}(?:\.[a-z]{2})?$|(?:^|\.)(?:ipcheck|prs|support)\.proofpoint\.com$|^sender\.office\.com$|^ers\.trendmicro\.com$`,
)

/** A page at `dnsbl.example.org`: a lesser-known block list. */
const LIST_PAGES = /^(?:dnsbl|rbl|bl|dnsbls|blacklist|blocklist|ipcheck|zen|sbl|xbl)\./

/** Operators of lists of domains and URLs, which concern the content of a message. */
const CONTENT_LIST_OPERATORS = /(?:^|\.)(?:dbl\.spamhaus|surbl|uribl|rhsbl|ivmuri)\.[a-z]{2,6}$/

/** Well-known pages, and what they say. */
const PAGES: readonly (readonly [page: string, says: string])[] = [['/smtplf.html', 'bare lf']]

const URL = /\b(?:https?:\/\/|www\.)([^\s/<>"'()?#]{0,255})[^\s<>"'()]{0,1000}/g

const LABEL = '[a-z0-9](?:[a-z0-9_-]{0,62})'
const HOST_NAME = new RegExp(
  `(?<![\\w.-])(?:${LABEL}\\.){1,10}([a-z]{2,24})(?![\\w-]|\\.[a-z0-9])(?:/[^\\s<>"'()]{0,500})?`,
  'g',
)

/** Endings of host names with two labels. Other text of this form is two sentences without a space between them: "mailbox full.please
 * retry". */
const ENDINGS = new Set(
  'com net org edu gov mil int info biz name test example invalid local localdomain internal lan arpa cloud email host cat eu uk de fr nl es pt pl ru ua cz sk hu ro bg gr tr se dk fi ch br mx ar cl cn jp kr tw hk sg au nz za ca ie lu lt lv ee si hr rs il ir th vn id'.split(
    ' ',
  ),
)

/** Replaces URLs and host names, whose words do not describe the message: `spam-and-viruses` may be a page about many things. They
 * become `url` or `host`, or, for the operator of a list, `addresslist` or `contentlist`. Requires lower case. */
export function withoutHosts(text: string): string {
  return text
    .replace(
      URL,
      (page: string, host: string) =>
        saidBy(page) ?? named(host) ?? (LIST_PAGES.test(host) ? ' addresslist ' : ' url '),
    )
    .replace(HOST_NAME, (found: string, ending: string) => (isHost(found, ending) ? (named(found) ?? 'host') : found))
}

const saidBy = (url: string): string | undefined => PAGES.find(([page]) => url.includes(page))?.[1]

function named(host: string): string | undefined {
  const [name = ''] = host.split('/')
  // This site explains SPF failures and nothing else.
  if (/(?:^|\.)openspf\.[a-z]{3}$/.test(name)) return ' spf '
  if (CONTENT_LIST_OPERATORS.test(name)) return ' contentlist '
  return LIST_OPERATORS.test(name) ? ' addresslist ' : undefined
}

const isHost = (found: string, ending: string): boolean => {
  const [name = ''] = found.split('/')
  return ENDINGS.has(ending) || name.split('.').length > (ending.length === 2 ? 2 : 3)
}
