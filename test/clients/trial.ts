import type { Transaction } from '../support/receiver/transaction.ts'
import { eventually } from '../support/eventually.ts'
import { verifyDkim } from '../support/verify-dkim.ts'
import { compare } from './compare.ts'
import type { Guide, Mishap, Way } from './guide.ts'
import { verifyWithMailauth } from './mailauth.ts'
import type { Outcome, Workbench } from './workbench.ts'
import type { Account, World } from './world.ts'

/** What came of one way of one guide. */
export interface Result {
  client: string
  version: string
  port: string
  /** Version of TLS that the client and the recorder agreed upon. */
  tls: string
  bytes: string
  added: string
  dkim: string
  /** What did not go as the guide says; empty is good. */
  failures: string[]
}

/** Far more than a delivery to loopback takes. */
const DELIVERED_WITHIN_MS = 60_000

/** Runs one way of a guide: with everything right, straight to the platform and again recorded; and then without the CA, and with the
 * mishaps that the guide tells of. */
export async function tryOut(guide: Guide, way: Way, bench: Workbench, world: World): Promise<Result> {
  const client = [guide.title, ...(way.label === '' ? [] : [way.label])].join(', ')
  const result: Result = {
    client,
    version: '',
    port: '',
    tls: '',
    bytes: '',
    added: '',
    dkim: '',
    failures: [],
  }
  const attempt = async (what: string, run: () => Promise<void>): Promise<void> => {
    await run().catch((error: unknown) => result.failures.push(`${what}: ${(error as Error).message}`))
  }
  await attempt('straight', () => straight(way, bench, world))
  await attempt('recorded', () => recorded(way, bench, world, result))
  await attempt('CA not trusted', () => unsent(guide, way, bench, world, 'unknown-ca', { trusting: false }))
  await attempt('wrong password', () => unsent(guide, way, bench, world, 'wrong-password', { account: 'mistaken' }))
  if (guide.mishaps['wrong-sender'] !== undefined) {
    await attempt('wrong sender', () => unsent(guide, way, bench, world, 'wrong-sender', { account: 'stranger' }))
  }
  result.version = await bench.version()
  return result
}

/** The client's own TLS reaches the platform. */
async function straight(way: Way, bench: Workbench, world: World): Promise<void> {
  world.watch('through', '127.0.0.1')
  await sent(way, bench, world)
}

async function recorded(way: Way, bench: Workbench, world: World, result: Result): Promise<void> {
  world.watch('record', '127.0.0.1')
  const mail = await sent(way, bench, world)
  const session = world.sessions().find(({ transcript }) => transcript.contents.length > 0)
  if (session === undefined) throw new Error('no content was recorded')
  const [content = '', another] = session.transcript.contents
  if (another !== undefined) throw new Error('two contents were recorded')
  const { added, removed, lineBreaks, difference } = compare(content, mail.content)
  const notes = [...(lineBreaks ? ['line breaks made CRLF'] : []), ...removed.map((name) => `${name} removed`)]
  const commands = session.transcript.commands.map((command) => command.toUpperCase())
  const { submissions, submission } = world.values()
  result.port = commands.includes('STARTTLS') ? `${submission} STARTTLS` : String(submissions)
  result.tls = session.protocol
  result.bytes = difference === '' ? [`same, ${content.length}`, ...notes].join('; ') : difference
  result.added = counted(added)
  if (difference !== '') throw new Error(difference)
  if (session.protocol === '') throw new Error('the session was not in TLS')
  result.dkim = await dkim(mail.content, world.platform.state)
}

/** Runs a client with everything right; resolves with the one mail that came of it. */
async function sent(way: Way, bench: Workbench, world: World): Promise<Transaction> {
  world.receiver.mails.length = 0
  const { code, output } = await bench.send(way, world.values(), true)
  if (code !== 0) throw new Error(`the client ended with ${code}: ${brief(output)}`)
  const mail = await eventually(() => {
    const [first] = world.receiver.mails
    if (first === undefined) throw new Error(`no mail came; the client said: ${brief(output)}`)
    return first
  }, DELIVERED_WITHIN_MS)
  if (world.receiver.mails.length > 1) throw new Error(`${world.receiver.mails.length} mails came`)
  if (mail.from !== 'from@your-domain.com' || mail.to.join() !== 'recipient@example.com') {
    throw new Error(`the envelope is ${mail.from} to ${mail.to.join()}`)
  }
  return mail
}

let mishaps = 0

/** Something is wrong: the client says so, as the guide tells, and nothing is sent. */
async function unsent(
  guide: Guide,
  way: Way,
  bench: Workbench,
  world: World,
  mishap: Mishap,
  { account = 'app', trusting = true }: { account?: Account; trusting?: boolean },
): Promise<void> {
  world.receiver.mails.length = 0
  // Each from an address of its own: this is about what clients say, not about how many mistakes are forgiven.
  world.watch('through', `127.0.2.${++mishaps % 250}`)
  const outcome: Outcome = await bench.send(way, world.values(account), trusting)
  if (outcome.code === undefined) throw new Error(`the client did not end by itself: ${brief(outcome.output)}`)
  if (outcome.code === 0) throw new Error(`the client ended as if all were well: ${brief(outcome.output)}`)
  if (world.connections() === 0) throw new Error(`the client did not connect: ${brief(outcome.output)}`)
  for (const line of guide.mishaps[mishap] ?? []) {
    if (!outcome.output.includes(line)) throw new Error(`no "${line}" in: ${brief(outcome.output)}`)
  }
  // What was taken by the platform would come in its own time.
  const queue = await world.platform.queue()
  if (queue.recipients.length > 0 || world.receiver.mails.length > 0) throw new Error('a mail was taken all the same')
}

async function dkim(content: string, state: string): Promise<string> {
  const ours = verifyDkim(content, state)
  const theirs = await verifyWithMailauth(content, state)
  const wanted = ['rsa-sha256', 'ed25519-sha256']
  const good = wanted.every((algorithm) => ours.some((verdict) => verdict.algorithm === algorithm && verdict.valid))
  if (!good || theirs.join() !== 'pass,pass') {
    throw new Error(`DKIM: dkimpy says ${JSON.stringify(ours)}, mailauth ${theirs.join()}`)
  }
  return 'valid, 2'
}

function counted(names: string[]): string {
  const counts = Map.groupBy(names, (name) => name)
  return Array.from(counts, ([name, all]) => (all.length > 1 ? `${name} x${all.length}` : name)).join(', ')
}

const brief = (output: string): string => output.trim().slice(-600)
