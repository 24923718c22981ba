/** What a category of refusal means, and what the sender of the message can do about it: for people who don't know SMTP. */
export interface Advice {
  meaning: string
  todo?: string
}

const REPUTATION = 'Ask whoever runs this mail platform to look at the reputation of its sending addresses.'
const DNS_RECORDS = 'Ask whoever manages your domain to check its DNS records for mail.'

const BY_CATEGORY: Partial<Record<string, Advice>> = {
  'unknown-user': {
    meaning: 'There is no mailbox of this name.',
    todo: 'Check the address for typing errors, and take it off your list if it is no longer in use.',
  },
  'mailbox-full': {
    meaning: "The recipient's mailbox is full.",
    todo: 'Reach the recipient in another way, or send the message again later.',
  },
  'mailbox-disabled': {
    meaning: 'The mailbox exists, but takes no mail any more.',
    todo: 'Ask the recipient for another address.',
  },
  'bad-destination-host': {
    meaning: 'The domain of this address does not exist or takes no mail.',
    todo: 'Check the part of the address after the @ for typing errors.',
  },
  'message-too-large': {
    meaning: 'The message is larger than the recipient takes.',
    todo: 'Send it with smaller attachments, or send a link to them.',
  },
  'rate-limited': {
    meaning: "The recipient's server takes only so many messages in a time.",
    todo: 'Send fewer messages at once to this domain.',
  },
  greylisted: { meaning: "The recipient's server puts off messages of senders that it does not know yet." },
  blocklisted: {
    meaning: "The recipient's server refuses mail from the address that it was sent from.",
    todo: REPUTATION,
  },
  'spam-content': {
    meaning: "The recipient's server took the message for spam.",
    todo: 'Look at its text and links; reach the recipient in another way to ask that your address be allowed.',
  },
  virus: {
    meaning: "The recipient's server found something harmful in the message.",
    todo: 'Check the attachments for viruses before you send them again.',
  },
  held: {
    meaning: 'This mail platform kept the message back for review, and nobody released it in time.',
    todo: 'Ask whoever runs this mail platform why it was kept back before you send it again.',
  },
  policy: {
    meaning: "The rules of the recipient's server do not allow this message.",
    todo: "The server's words below may say which rule; ask the recipient or their administrator.",
  },
  'relay-denied': {
    meaning: 'The server that was asked takes no mail for this domain.',
    todo: "Check the address; if it is right, the recipient's administrator has to correct the domain's MX records.",
  },
  'auth-dmarc': { meaning: "The message did not pass your domain's DMARC policy.", todo: DNS_RECORDS },
  'auth-spf': { meaning: "Your domain's SPF record does not allow mail from this platform.", todo: DNS_RECORDS },
  'auth-dkim': { meaning: "The message's DKIM signature was missing or not found valid.", todo: DNS_RECORDS },
  'reverse-dns': {
    meaning: "The sending server's address has no proper name in the DNS.",
    todo: 'Ask whoever runs this mail platform to set the reverse DNS (PTR) record.',
  },
  tls: {
    meaning: "No connection could be made to the recipient's server that is as safe as it has to be.",
    todo: "Tell the recipient's administrator, or whoever runs this mail platform.",
  },
  network: {
    meaning: "The recipient's server could not be reached.",
    todo: 'Check the part of the address after the @; if it is right, their server is away or has a fault.',
  },
  'server-unavailable': { meaning: "The recipient's server had a fault or was out of service." },
  'protocol-error': {
    meaning: "The recipient's server did not understand the message or how it was sent.",
    todo: 'Show this notice to whoever runs this mail platform.',
  },
}

const OTHER: Advice = { meaning: "The recipient's server did not take the message." }

export const adviceFor = (category: string | undefined): Advice =>
  (category !== undefined && Object.hasOwn(BY_CATEGORY, category) ? BY_CATEGORY[category] : undefined) ?? OTHER
