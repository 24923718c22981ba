import type { OutcomeCategory } from '@postrider/queue/event'
import type { ReportedOutcome } from './report.ts'

/** What a category of refusal means, and what the sender of the message can do, for readers who do not know SMTP. */
export interface Advice {
  meaning: string
  todo: string
}

const ADMINISTRATOR = 'your mail administrator'
const REPUTATION = `Show this notice to ${ADMINISTRATOR}: our server appears to be on a blocklist.`
const DNS_RECORDS = 'Ask the administrator of your domain to check its SPF, DKIM and DMARC records.'
const OTHER_WAY = 'Contact the recipient by other means, or send the message again later.'

const OTHER: Advice = {
  meaning: "The recipient's server did not accept the message.",
  todo: `The details below may say why; show this notice to ${ADMINISTRATOR} if they do not help.`,
}

const BY_CATEGORY: Record<Exclude<OutcomeCategory, 'delivered'>, Advice> = {
  'unknown-user': {
    meaning: 'There is no mailbox with this name.',
    todo: 'Check the address for typos, and remove it from your address book or mailing list if it is out of date.',
  },
  'mailbox-full': { meaning: "The recipient's mailbox is full.", todo: OTHER_WAY },
  'mailbox-disabled': {
    meaning: 'The mailbox exists but no longer accepts mail.',
    todo: 'Contact the recipient by other means and ask for another address.',
  },
  'bad-destination-host': {
    meaning: 'The domain of this address does not exist or does not accept mail.',
    todo: 'Check the part of the address after the @ for typos; if it is right, ask the recipient for another address.',
  },
  'message-too-large': {
    meaning: "The message is larger than the recipient's server accepts.",
    todo: 'Send it with smaller attachments, or upload the files and send a link instead.',
  },
  'rate-limited': {
    meaning: "The recipient's server limits how many messages it accepts in a given time.",
    todo: 'Send the message again later. If you send to many people at this domain, spread the messages out.',
  },
  greylisted: {
    meaning: "The recipient's server asks unknown senders to try again later, and kept asking.",
    todo: `Send the message again; if that does not help, ask ${ADMINISTRATOR} to contact the recipient's administrator.`,
  },
  blocklisted: {
    meaning: "The recipient's server refuses mail from this platform's IP address.",
    todo: REPUTATION,
  },
  'spam-content': {
    meaning: "The recipient's server considered the message to be spam.",
    todo: 'Check it for wording or links that look like spam, or contact the recipient by other means and ask them to add your address to their safe senders.',
  },
  virus: {
    meaning: "The recipient's server found something harmful in the message.",
    todo: 'Scan your computer and the attachments for viruses before you send them again.',
  },
  held: {
    meaning: 'This mail platform kept the message for review, and no one released it in time.',
    todo: `Ask ${ADMINISTRATOR} why it was kept before you send it again.`,
  },
  policy: {
    meaning: "The rules of the recipient's server do not allow this message.",
    todo: "See the server's reply below, and ask the recipient or their mail administrator which rule applies.",
  },
  'relay-denied': {
    meaning: 'The server we contacted does not accept mail for this domain.',
    todo: 'Check the address; if it is right, tell the recipient that the MX records of their domain may be wrong.',
  },
  'auth-dmarc': {
    meaning:
      "The recipient's server could not confirm that the message came from your domain (the DMARC check failed).",
    todo: DNS_RECORDS,
  },
  'auth-spf': { meaning: "Your domain's SPF record does not allow mail from this platform.", todo: DNS_RECORDS },
  'auth-dkim': { meaning: 'The DKIM signature of the message was missing or not valid.', todo: DNS_RECORDS },
  'reverse-dns': {
    meaning: 'The IP address of the sending server has no valid name in the DNS.',
    todo: `Ask ${ADMINISTRATOR} to set the reverse DNS (PTR) record.`,
  },
  tls: {
    meaning: "We could not make a connection to the recipient's server that is secure enough for this message.",
    todo: `Show this notice to ${ADMINISTRATOR}, or contact the recipient by other means.`,
  },
  network: {
    meaning: "The recipient's server could not be reached.",
    todo: 'Check the part of the address after the @; if it is right, send the message again later or contact the recipient by other means.',
  },
  'server-unavailable': { meaning: "The recipient's server had a problem or was out of service.", todo: OTHER_WAY },
  'protocol-error': {
    meaning: "The recipient's server did not accept the form of the message or the way it was sent.",
    todo: `Show this notice to ${ADMINISTRATOR}.`,
  },
  other: OTHER,
}

const REQUIRE_TLS: Advice = {
  meaning:
    "You asked for TLS all the way to the recipient (REQUIRETLS), which the recipient's server does not support.",
  todo: 'Send it without REQUIRETLS, or contact the recipient by other means.',
}

/** Advice by status, where the status is more specific than the category. Only for outcomes that this platform determined itself. */
const BY_STATUS: Partial<Record<string, Advice>> = {
  '5.6.7': {
    meaning:
      "The message uses an address with letters outside plain a to z, such as ü, which the recipient's server does not support.",
    todo: 'Ask the recipient for an address in plain letters, and send from one yourself.',
  },
  '5.4.6': {
    meaning: 'Mail for this domain is directed back to our own server, so it cannot be delivered.',
    todo: 'Tell the recipient that the MX records of their domain may be wrong.',
  },
  '4.4.3': {
    meaning: 'The mail server for this address could not be looked up.',
    todo: 'Check the part of the address after the @; if it is right, send the message again later or contact the recipient by other means.',
  },
  '5.1.2': {
    meaning: 'The domain of this address does not exist.',
    todo: 'Check the part of the address after the @ for typos.',
  },
  '5.1.10': {
    meaning: 'The domain of this address does not accept any mail.',
    todo: 'Check the part of the address after the @ for typos; if it is right, ask the recipient for another address.',
  },
  '5.7.10': REQUIRE_TLS,
  '5.7.30': REQUIRE_TLS,
}

const find = (table: Partial<Record<string, Advice>>, key: string | undefined): Advice | undefined =>
  key !== undefined && Object.hasOwn(table, key) ? table[key] : undefined

/** The advice for an outcome: by its status if this platform determined the outcome itself, else by its category. A category of a later
 * release gets the general advice. */
export const adviceFor = ({ category, status, ours }: Pick<ReportedOutcome, 'category' | 'status' | 'ours'>): Advice =>
  (ours === true ? find(BY_STATUS, status) : undefined) ?? find(BY_CATEGORY, category) ?? OTHER
