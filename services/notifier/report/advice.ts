/** What a category of refusal means, and what the sender of the message can do about it: for people who do not know SMTP. */
export interface Advice {
  meaning: string
  todo: string
}

const ADMINISTRATOR = 'your mail administrator'
const REPUTATION = `Ask ${ADMINISTRATOR} to check the reputation of this platform's IP addresses.`
const DNS_RECORDS = 'Ask the administrator of your domain to check its DNS records for mail.'
const OTHER_WAY = 'Contact the recipient in another way, or send the message again later.'

const BY_CATEGORY: Partial<Record<string, Advice>> = {
  'unknown-user': {
    meaning: 'There is no mailbox with this name.',
    todo: 'Check the address for typing errors, and remove it from your list if it is no longer in use.',
  },
  'mailbox-full': { meaning: "The recipient's mailbox is full.", todo: OTHER_WAY },
  'mailbox-disabled': {
    meaning: 'The mailbox exists but no longer accepts mail.',
    todo: 'Ask the recipient for another address.',
  },
  'bad-destination-host': {
    meaning: 'The domain of this address does not exist or does not accept mail.',
    todo: 'Check the part of the address after the @ for typing errors.',
  },
  'message-too-large': {
    meaning: "The message is larger than the recipient's server accepts.",
    todo: 'Send it with smaller attachments, or send a link to them.',
  },
  'rate-limited': {
    meaning: "The recipient's server limits how many messages it accepts in a given time.",
    todo: 'Send fewer messages at once to this domain.',
  },
  greylisted: {
    meaning: "The recipient's server asks unknown senders to try again later.",
    todo: `Send the message again; if that does not help, ask ${ADMINISTRATOR} to contact the recipient's administrator.`,
  },
  blocklisted: {
    meaning: "The recipient's server refuses mail from this platform's IP address.",
    todo: REPUTATION,
  },
  'spam-content': {
    meaning: "The recipient's server considered the message to be spam.",
    todo: 'Look at its text and links, or contact the recipient in another way and ask them to allow your address.',
  },
  virus: {
    meaning: "The recipient's server found something harmful in the message.",
    todo: 'Scan the attachments for viruses before you send them again.',
  },
  held: {
    meaning: 'This mail platform kept the message for review, and no one released it in time.',
    todo: `Ask ${ADMINISTRATOR} why it was kept before you send it again.`,
  },
  policy: {
    meaning: "The rules of the recipient's server do not allow this message.",
    todo: "The server's reply below may say which rule; ask the recipient or their administrator.",
  },
  'relay-denied': {
    meaning: 'The server we contacted does not accept mail for this domain.',
    todo: "Check the address; if it is right, the recipient's administrator has to correct the domain's MX records.",
  },
  'auth-dmarc': { meaning: "The message failed your domain's DMARC policy.", todo: DNS_RECORDS },
  'auth-spf': { meaning: "Your domain's SPF record does not allow mail from this platform.", todo: DNS_RECORDS },
  'auth-dkim': { meaning: 'The DKIM signature of the message was missing or not valid.', todo: DNS_RECORDS },
  'reverse-dns': {
    meaning: 'The IP address of the sending server has no valid name in the DNS.',
    todo: `Ask ${ADMINISTRATOR} to set the reverse DNS (PTR) record.`,
  },
  tls: {
    meaning: "A connection secure enough for this message could not be made to the recipient's server.",
    todo: `Tell the recipient's administrator, or ${ADMINISTRATOR}.`,
  },
  network: {
    meaning: "The recipient's server could not be reached.",
    todo: 'Check the part of the address after the @; if it is right, their server is out of service.',
  },
  'server-unavailable': { meaning: "The recipient's server had a problem or was out of service.", todo: OTHER_WAY },
  'protocol-error': {
    meaning: "The recipient's server did not accept the form of the message or the way it was sent.",
    todo: `Show this notice to ${ADMINISTRATOR}.`,
  },
}

/** Where the status says more than the category. */
const BY_STATUS: Partial<Record<string, Advice>> = {
  '5.6.7': {
    meaning: "The message uses an address with non-ASCII characters, which the recipient's server does not support.",
    todo: 'Ask the recipient for an address in plain ASCII letters, and send from one yourself.',
  },
  '5.4.6': {
    meaning: 'The mail for this domain would come back to this platform.',
    todo: "The recipient's administrator has to correct the domain's MX records.",
  },
  '5.7.30': {
    meaning: "The message requires TLS on its whole way (REQUIRETLS), which the recipient's server does not support.",
    todo: 'Send it without REQUIRETLS, or contact the recipient in another way.',
  },
}

const OTHER: Advice = {
  meaning: "The recipient's server did not accept the message.",
  todo: `The details below may say why; show this notice to ${ADMINISTRATOR} if they do not help.`,
}

const find = (table: Partial<Record<string, Advice>>, key: string | undefined): Advice | undefined =>
  key !== undefined && Object.hasOwn(table, key) ? table[key] : undefined

export const adviceFor = (category: string | undefined, status?: string): Advice =>
  find(BY_STATUS, status) ?? find(BY_CATEGORY, category) ?? OTHER
