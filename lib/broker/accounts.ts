import {
  CANCELLED_BUCKET,
  BEGUN_BUCKET,
  CONFIG_BUCKET,
  DELIVERY_CONSUMER,
  EVENTS,
  HELD,
  IN_FLIGHT_SUBJECT,
  JOBS,
  QUARANTINE,
  REPUTATION_BUCKET,
  USE_BUCKET,
  mailStream,
  LOG_QUESTIONS,
} from './names.ts'

/** What an account of the broker may publish to. It may subscribe to its own inbox and to the subjects in `hears`. */
export interface AccountRights {
  publishes: string[]
  hears?: string[]
  /** May answer requests on the subjects that it subscribes to. */
  answers?: boolean
}

const info = (stream: string): string => `$JS.API.STREAM.INFO.${stream}`
/** Rights to read by sequence and by last message of a subject: from any replica, and from the leader, whose "not found" is
 * authoritative. */
const read = (stream: string): string[] => [
  `$JS.API.DIRECT.GET.${stream}`,
  `$JS.API.DIRECT.GET.${stream}.>`,
  `$JS.API.STREAM.MSG.GET.${stream}`,
]
/** Rights to create and use an ordered consumer. */
const follow = (stream: string): string[] => [
  info(stream),
  `$JS.API.CONSUMER.CREATE.${stream}`,
  `$JS.API.CONSUMER.CREATE.${stream}.>`,
  `$JS.API.CONSUMER.INFO.${stream}.>`,
  `$JS.API.CONSUMER.DELETE.${stream}.>`,
  `$JS.API.CONSUMER.MSG.NEXT.${stream}.>`,
  `$JS.FC.${stream}.>`,
]
/** Rights to use the durable consumer that all delivery workers share. */
const work = (stream: string): string[] => [
  info(stream),
  `$JS.API.CONSUMER.INFO.${stream}.${DELIVERY_CONSUMER}`,
  `$JS.API.CONSUMER.MSG.NEXT.${stream}.${DELIVERY_CONSUMER}`,
  `$JS.ACK.${stream}.${DELIVERY_CONSUMER}.>`,
]
/** Rights to put records into the quarantine, on the subjects that match, and to see whether they are there already. */
const quarantine = (subjects: string): string[] => [subjects, `$JS.API.DIRECT.GET.${QUARANTINE}.${subjects}`]
const watchConfig = [...follow(`KV_${CONFIG_BUCKET}`), ...read(`KV_${CONFIG_BUCKET}`)]
const watchCancelled = [...follow(`KV_${CANCELLED_BUCKET}`), ...read(`KV_${CANCELLED_BUCKET}`)]
const watchReputation = [...follow(`KV_${REPUTATION_BUCKET}`), ...read(`KV_${REPUTATION_BUCKET}`)]
const appendMail = ['mail.*.new', 'mail.*.part']

/** The rights of each account. A service gets only the rights that it needs: ingress appends mail but cannot read any, delivery cannot
 * accept any, and only the platform's owner account changes streams or configuration. */
export function accountRights(shards: number): Record<string, AccountRights> {
  const mail = Array.from({ length: shards }, (_, shard) => mailStream(shard))
  return {
    admin: { publishes: ['>'], hears: ['>'] },
    ingress: {
      publishes: [
        ...appendMail,
        ...watchConfig,
        'event.ingress',
        ...watchReputation,
        'held.*.record',
        'held.*.part',
        `$KV.${USE_BUCKET}.>`,
        info(`KV_${USE_BUCKET}`),
        // From the stream's leader: a count that is to be changed must be current.
        `$JS.API.STREAM.MSG.GET.KV_${USE_BUCKET}`,
        ...quarantine(`quarantine.KV_${USE_BUCKET}.*`),
      ],
    },
    delivery: {
      publishes: [
        ...[...mail, JOBS].flatMap((stream) => [...work(stream), ...read(stream)]),
        info(EVENTS),
        ...read(EVENTS),
        ...watchConfig,
        'job.>',
        'event.delivery',
        ...watchCancelled,
        ...quarantine('quarantine.>'),
        `$KV.${BEGUN_BUCKET}.>`,
        info(`KV_${BEGUN_BUCKET}`),
        ...read(`KV_${BEGUN_BUCKET}`),
        IN_FLIGHT_SUBJECT,
      ],
      hears: [IN_FLIGHT_SUBJECT],
      answers: true,
    },
    notifier: {
      publishes: [
        ...mail.flatMap((stream) => [...follow(stream), ...read(stream), `$JS.API.STREAM.MSG.DELETE.${stream}`]),
        ...follow(EVENTS),
        ...read(EVENTS),
        ...follow(HELD),
        ...read(HELD),
        `$JS.API.STREAM.MSG.DELETE.${HELD}`,
        ...watchConfig,
        ...watchReputation,
        `$KV.${REPUTATION_BUCKET}.>`,
        info(`KV_${CANCELLED_BUCKET}`),
        `$KV.${CANCELLED_BUCKET}.>`,
        ...appendMail,
        'event.notifier',
        ...quarantine('quarantine.>'),
        // A record of the quarantine is returned to its stream, or dropped.
        info(QUARANTINE),
        ...read(QUARANTINE),
        `$JS.API.STREAM.MSG.DELETE.${QUARANTINE}`,
        `$JS.API.STREAM.MSG.DELETE.${EVENTS}`,
        'job.due',
        'job.wait.>',
      ],
      hears: [LOG_QUESTIONS],
      answers: true,
    },
    api: {
      publishes: [...watchConfig, ...watchReputation, info(`KV_${USE_BUCKET}`), ...read(`KV_${USE_BUCKET}`)],
    },
    cli: {
      publishes: [
        LOG_QUESTIONS,
        'job.due',
        `$KV.${CANCELLED_BUCKET}.>`,
        info(JOBS),
        ...read(JOBS),
        info(HELD),
        ...read(HELD),
      ],
    },
  }
}

/** The only user of the broker's system account. It may query the broker's health, and nothing else. */
export const WATCH = 'watch'

/** Users that the platform's own programs connect as. */
export const serviceAccounts = (shards: number): string[] => Object.keys(accountRights(shards))

/** All users of the broker. */
export const accountNames = (shards: number): string[] => [...serviceAccounts(shards), WATCH]

/** The part of nats-server's configuration that defines users and permissions, with a password for each of `accountNames`. */
export const authConfig = (passwords: Record<string, string>, shards: number): string => `system_account: SYS
accounts {
  SYS { users: [ { user: ${WATCH}, password: "${passwords[WATCH] ?? ''}", permissions: {
    publish: { allow: ["$SYS.REQ.SERVER.PING.HEALTHZ", "$SYS.REQ.SERVER.*.HEALTHZ"] }, subscribe: { allow: ["_INBOX_${WATCH}.>"] } } } ] }
}
authorization {
  users: [
${users(passwords, shards)}
  ]
}
`

/** The same for a broker that also serves other applications: one account, to be put into its `accounts` block. */
export const accountConfig = (passwords: Record<string, string>, shards: number): string => `POSTRIDER {
  jetstream: enabled
  users: [
${users(passwords, shards)}
  ]
}
`

const users = (passwords: Record<string, string>, shards: number): string =>
  Object.entries(accountRights(shards))
    .map(([user, { publishes, hears = [], answers = false }]) => {
      const subscribe = [`_INBOX_${user}.>`, ...hears]
      return `    { user: ${user}, password: "${passwords[user] ?? ''}", permissions: {
      publish: { allow: ${JSON.stringify(publishes)} }, subscribe: { allow: ${JSON.stringify(subscribe)} }${answers ? ', allow_responses: true' : ''} } }`
    })
    .join('\n')
