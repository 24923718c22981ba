import { states } from './behaviour.ts'
import type { Behaviour, Wanted } from './behaviour.ts'
import type { MailEvidence, RecipientEvidence } from './evidence.ts'
import type { Place } from './place.ts'
import type { Transaction } from './remote/record.ts'

/** What one behaviour came to. */
export interface Evidence {
  behaviour: Behaviour
  place: Place
  mails: MailEvidence[]
  /** To all hosts together. */
  connections: number
  /** Most octets that a connection took from a remote. */
  octets: number
  questions: number
}

export interface Comparison {
  wanted: string
  seen: string
  /** Differences; none when all is as wanted. */
  differences: string[]
}

/** Compares what was wanted with what was seen. Pure. */
export function compare(evidence: Evidence): Comparison {
  const { behaviour, mails } = evidence
  const wanted = behaviour.mails?.map((mail) => mail.wanted ?? behaviour.wanted) ?? [behaviour.wanted]
  const bounds = (['connections', 'octets', 'questions'] as const).flatMap((what) => {
    const bound = behaviour[what]
    return bound === undefined ? [] : [{ what, bound, count: evidence[what] }]
  })
  return {
    wanted: [
      ...distinct(wanted.map((one, index) => label(behaviour, index) + describe(one))),
      ...bounds.map(({ what, bound }) => `${what} <= ${bound}`),
    ].join('; '),
    seen: [
      ...distinct(mails.map((mail, index) => label(behaviour, index) + seenOf(mail, evidence.place))),
      ...bounds.map(({ what, count }) => `${what} ${count}`),
    ].join('; '),
    differences: [
      ...mails.flatMap((mail, index) =>
        differencesOf(mail, wanted[index] ?? behaviour.wanted, evidence.place).map(
          (text) => label(behaviour, index) + text,
        ),
      ),
      ...bounds.flatMap(({ what, bound, count }) =>
        count > bound ? [`${count} ${what}, at most ${bound} are allowed`] : [],
      ),
    ],
  }
}

const distinct = (texts: string[]): string[] => [...new Set(texts)]

/** Says which domain's mail is spoken of, where there are several. */
function label({ mails = [] }: Behaviour, index: number): string {
  const labels = mails.map(({ to }) => to?.[0]?.split('@')[1] ?? 'a')
  return new Set(labels).size > 1 ? `${(labels[index] ?? '').toUpperCase()}: ` : ''
}

function describe(wanted: Wanted): string {
  const { at, status, attempts, delay, client, secure } = wanted
  return [
    states(wanted)
      .map((state) => (state === 'delivered' ? 'delivered once' : state))
      .join(' or '),
    ...(at === undefined ? [] : [`at ${at.join(' or ')}`]),
    ...(status === undefined ? [] : [status.source.replace(/[\\^$]/g, '')]),
    ...(secure === undefined ? [] : [secure ? 'in TLS' : 'in clear']),
    ...(client === undefined ? [] : [`from ${client}`]),
    ...(attempts === undefined ? [] : [attempts === 1 ? 'at the first attempt' : `within ${attempts} attempts`]),
    ...(delay === undefined ? [] : [delay === 0 ? 'without delay' : `put off by at most ${delay} ms`]),
  ].join(' ')
}

function seenOf({ recipients, transactions, addresses }: MailEvidence, place: Place): string {
  const groups = new Map<string, number>()
  for (const { address, state, attempts, status } of recipients) {
    const taken = transactions.filter((one) => one.taken && one.accepted.includes(address))
    const where = distinct(taken.map(({ host }) => place.hostAt(host) ?? host)).join('+')
    const times = taken.length === 1 ? 'once' : `${taken.length} times`
    const text = [
      state,
      ...(state === 'delivered' || taken.length > 0 ? [times] : []),
      ...(where === '' ? [] : [`at ${where}`]),
      ...(state === 'delivered' || status === '' ? [] : [status]),
      `(attempt ${attempts})`,
    ].join(' ')
    groups.set(text, (groups.get(text) ?? 0) + 1)
  }
  const saw = distinct(transactions.map(({ host }) => place.hostAt(host) ?? host))
  const isTaken = transactions.some(({ taken }) => taken)
  const shown = saw.length > 0 && (!isTaken || place.domains.size > 1) ? `, seen by ${saw.join(' and ')}` : ''
  if (groups.size === 0) return `${addresses.length} recipients unknown`
  return [...groups].map(([text, count]) => (count > 1 ? `${count} ${text}` : text)).join(', ') + shown
}

function differencesOf(mail: MailEvidence, wanted: Wanted, place: Place): string[] {
  const { recipients, addresses, transactions, notices, delay } = mail
  const failed = recipients.some(({ state }) => state === 'failed')
  const count = recipients.length
  return distinct([
    ...(count === addresses.length ? [] : [`${count} of ${addresses.length} recipients are known`]),
    ...recipients.flatMap((recipient) => [
      ...outcomeDifferences(recipient, wanted),
      ...deliveryDifferences(recipient, transactions, wanted, place),
    ]),
    ...transactions.flatMap((transaction) => misdirected(transaction, place)),
    ...(delay > (wanted.delay ?? Infinity) ? [`put off by ${delay} ms`] : []),
    ...(notices === (failed ? 1 : 0) ? [] : [`${notices} failure notices`]),
  ])
}

/** What the message log says of a recipient, against what was wanted. */
function outcomeDifferences({ state, attempts, status, reply }: RecipientEvidence, wanted: Wanted): string[] {
  const said = reply.slice(0, 150)
  const isWanted = states(wanted).some((one) => one === state)
  return [
    ...(isWanted ? [] : [`${state}: ${said}`]),
    ...(isWanted && state !== 'delivered' && wanted.status?.test(status) === false
      ? [`status ${status}: ${said}`]
      : []),
    ...(attempts > (wanted.attempts ?? Infinity) ? [`${attempts} attempts`] : []),
  ]
}

/** What the remotes took for a recipient, against that. */
function deliveryDifferences(
  { address, state }: RecipientEvidence,
  transactions: Transaction[],
  wanted: Wanted,
  place: Place,
): string[] {
  const taken = transactions.filter((one) => one.taken && one.accepted.includes(address))
  const wrongCount = taken.length !== (state === 'delivered' ? 1 : 0)
  return [
    ...(wrongCount ? [`${state}, and taken ${taken.length} times`] : []),
    ...taken.flatMap(({ host, client, secure }) => {
      const name = place.hostAt(host) ?? host
      return [
        ...(wanted.at?.includes(name) === false ? [`taken by ${name}`] : []),
        ...(client === (wanted.client ?? client) ? [] : [`sent from ${client}`]),
        ...(secure === (wanted.secure ?? secure) ? [] : [secure ? 'sent in TLS' : 'sent in clear']),
      ]
    }),
  ]
}

/** A host learned of a recipient whose domain does not name it. */
function misdirected({ host, named }: Transaction, place: Place): string[] {
  const name = place.hostAt(host) ?? host
  return [...place.domains]
    .filter(([, domain]) => named.some((address) => address.endsWith(`@${domain}`)))
    .filter(([label]) => !place.hostsOf(label).has(name))
    .map(([label]) => `seen by ${name}, which is not a host of domain ${label.toUpperCase()}`)
}
