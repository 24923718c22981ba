import { domainToASCII } from 'node:url'
import { parseArgs } from 'node:util'
import { NoBrokerError } from '@postrider/standalone/nats-server/find'
import { problemLine } from '@postrider/standalone/provider/manifests'
import { BadManifestsError } from '@postrider/standalone/provider/provider'
import { BadCertificateError } from '@postrider/tls/certificate'
import { exit } from './exit.ts'
import { messageShow, queueCancel, queueList, queueRetry } from './queue/commands.ts'
import { reputationList, reputationRestore } from './reputation/commands.ts'
import type { ReputationOptions } from './reputation/commands.ts'
import type { QueueOptions } from './queue/commands.ts'
import { queueHeld } from './queue/held.ts'
import { queueQuarantine } from './queue/quarantine.ts'
import { printAccount } from '@postrider/standalone/broker/print-account'
import { up } from '@postrider/standalone/up'
import { UnknownMessageError, UnknownRecordError } from './usage.ts'
import { UsageError } from '@postrider/standalone/usage-error'

/** The form of queue ids; see newQueueId and noticeId. */
const QUEUE_ID = /^[0-9a-z]{1,40}$/

const USAGE = `postrider: a self-hosted outbound mail platform

  postrider up FOLDER [--state DIR]        run the platform that the manifests in FOLDER declare, until Ctrl-C
  postrider queue ls [filters]             what is not delivered yet
  postrider queue show ID                  history of one message (also: message show ID)
  postrider queue retry ID | filters       attempt waiting messages now
  postrider queue cancel ID | filters      remove waiting messages from the queue
  postrider queue held ls [--domain D]     messages that a scanner held for review
  postrider queue held show ID [--raw]     details and headers of one; --raw: the whole message
  postrider queue held release ID          put it into the queue
  postrider queue held delete ID           delete it; no one is notified
  postrider queue quarantine ls            records that could not be read or written, and what they are about
  postrider queue quarantine show NUMBER   details of one, and its first octets
  postrider queue quarantine retry NUMBER  put it back where it came from
  postrider queue quarantine drop NUMBER   delete it permanently; a message in it is cancelled

  postrider broker-config --passwords FILE [--shards N]
                                           accounts for an external broker (spec.broker.url)

  postrider reputation ls                  tiers and suspensions of credentials and domains
  postrider reputation restore ADDRESS|DOMAIN  lift a suspension for bounces or spam

  filters: --domain D (of the sender)  --destination D (of the recipient; all)  --limit N
  --state DIR  where the platform keeps everything; ./.postrider by default
  --json       output for programs
  exit codes   0 done, 1 the id or number is not known, 2 the message says what to fix`

const QUEUE: Record<string, (options: QueueOptions) => Promise<string[]>> = {
  show: (options) => messageShow(required(options.id), options),
  ls: queueList,
  retry: queueRetry,
  cancel: queueCancel,
}

/** Subcommands of `queue` that have their own verbs. */
const QUEUE_GROUPS: Record<string, (act: string, options: QueueOptions & { raw?: boolean }) => Promise<string[]>> = {
  held: queueHeld,
  quarantine: queueQuarantine,
}

/** Commands for the platform's administrator, except those of the queue. */
const ADMINISTRATION: Record<
  string,
  (words: string[], values: ReturnType<typeof parse>['values']) => Promise<string[]>
> = {
  reputation: ([verb = '', ...rest], { state, json }) => reputation(verb, rest, { state, json }),
  // The name of this command before 0.1.0, kept for one release.
  standing: ([verb = '', ...rest], { state, json }) => reputation(verb, rest, { state, json }),
  'broker-config': (_, { passwords, shards }) => printAccount(passwords, readShards(shards)),
}

/** Runs one command; resolves with the process's exit code. */
async function main(args: string[]): Promise<number> {
  const { positionals, values } = parse(args)
  const [command = '', verb = '', ...rest] = positionals
  const { state, json } = values
  const [domain, destination] = [domainName(values.domain), domainName(values.destination)]
  const limit = readLimit(values.limit)
  const options = (ids = rest) => ({ state, id: queueId(ids), domain, destination, json, limit })
  if (values.help === true || command === 'help') return print([USAGE])
  if (command === 'up') return runUp(verb, state)
  if (command === 'message' && verb === 'show') return print(await messageShow(required(queueId(rest)), options()))
  const group = command === 'queue' ? QUEUE_GROUPS[verb] : undefined
  if (group !== undefined) {
    const [act = '', ...ids] = rest
    return print(await group(act, { ...options(ids), raw: values.raw }))
  }
  const administration = ADMINISTRATION[command]
  if (administration !== undefined) return print(await administration([verb, ...rest], values))
  const queued = command === 'queue' ? QUEUE[verb] : undefined
  if (queued !== undefined) return print(await queued(options()))
  throw new UsageError(`unknown command ${[command, verb].join(' ').trim() || '(none given)'}\n\n${USAGE}`)
}

async function reputation(verb: string, [name = '', ...more]: string[], options: ReputationOptions): Promise<string[]> {
  if (verb === 'ls') return reputationList(options)
  if (verb === 'restore' && more.length === 0) return reputationRestore(name, options)
  throw new UsageError(`unknown command ${['reputation', verb, name, ...more].join(' ').trim()}\n\n${USAGE}`)
}

function parse(args: string[]) {
  try {
    const text = { type: 'string' } as const
    const flag = { type: 'boolean' } as const
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        state: { ...text, default: '.postrider' },
        domain: text,
        destination: text,
        limit: text,
        passwords: text,
        shards: text,
        json: flag,
        raw: flag,
        help: flag,
      },
    })
  } catch (cause) {
    throw new UsageError(`${cause instanceof Error ? cause.message : String(cause)}\n\n${USAGE}`, { cause })
  }
}

async function runUp(folder: string, state: string): Promise<number> {
  if (folder === '')
    throw new UsageError('postrider up needs the folder of manifests: postrider up examples/quickstart')
  const asked = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve())
  })
  const stop = await up({ folder, state, say: (line) => console.log(line) })
  await asked
  console.log('stopping: deliveries in progress are finished first')
  await stop()
  console.log('stopped')
  return 0
}

/** One id, or none. It becomes part of a NATS subject, where `*` would mean every message. */
function queueId([id, ...more]: string[]): string | undefined {
  if (more.length > 0) throw new UsageError(`give one queue id at a time, not also ${more.join(' ')}`)
  if (id !== undefined && !QUEUE_ID.test(id))
    throw new UsageError(`${id} is not a queue id, which consists of letters and digits`)
  return id
}

/** As in the queue: lower case, A-labels. An address literal stays as it is. */
const domainName = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : domainToASCII(text) || text

function readLimit(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new UsageError(`--limit ${text}: must be a whole number of at least 1`)
  return Number(text)
}

/** As for spec.broker.shards. */
function readShards(text = '4'): number {
  if (!/^([1-9]|1[0-6])$/.test(text)) throw new UsageError(`--shards ${text}: must be a whole number from 1 to 16`)
  return Number(text)
}

function required(id: string | undefined): string {
  if (id === undefined) throw new UsageError('give the queue id from the 250 reply')
  return id
}

function print(lines: string[]): number {
  for (const line of lines) console.log(line)
  return 0
}

/** A sentence for what the user can fix; a stack trace for anything else, which is a bug. */
function explain(error: unknown): string {
  if (error instanceof BadManifestsError) return error.problems.map(problemLine).join('\n')
  if (
    error instanceof UsageError ||
    error instanceof UnknownMessageError ||
    error instanceof UnknownRecordError ||
    error instanceof NoBrokerError ||
    error instanceof BadCertificateError
  )
    return error.message
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'ENOSPC') return `the disk of the state folder is full: ${String(error)}`
  if (code === 'EACCES' || code === 'EROFS') return `no permission to write: ${String(error)}`
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

main(process.argv.slice(2)).then(exit, (error: unknown) => {
  console.error(`postrider: ${explain(error)}`)
  exit(error instanceof UnknownMessageError || error instanceof UnknownRecordError ? 1 : 2)
})
