import type { Envelope } from '@postrider/mail/envelope'
import { LookupsBusyError } from '../route/lookups-busy.ts'
import type { RouteHost } from '../route/route.ts'
import type { SmtpConnection } from '../transaction/connection.ts'
import { ConnectionBrokenError, SessionRefusedError } from '../transaction/outcome.ts'
import type { TransactionOutcome } from '../transaction/outcome.ts'
import { cannotTake } from '../transaction/commands.ts'
import type { SeriesResult } from '../transaction/series.ts'
import { interleaved, rotated, shuffled } from './candidates.ts'
import type { Candidate, HostAddresses } from './candidates.ts'
import { diedIdle, findingOf, findingOfError, hasNoPath, isLocalFault } from './findings.ts'
import type { Finding } from './findings.ts'
import { combined, failureOf, refusal, sessionFailure } from './host-failure.ts'
import type { HostFailure } from './host-failure.ts'
import type { NoAddress } from './host-addresses.ts'
import { RequireTlsUnmetError } from './require-tls.ts'
import type { Slot } from './site.ts'

/** Addresses that are connected to in one attempt (Postfix: smtp_mx_address_limit). */
const MAX_CONNECTIONS = 5
/** Hosts of one preference that the message is offered to in one attempt: if one of several equally good hosts greylists it, the others
 * probably do so, too (Postfix: smtp_mx_session_limit). */
const MAX_SESSIONS_PER_PREFERENCE = 2
/** After this long no further host is tried in the attempt. Milliseconds. */
const MAX_TRYING_MS = 5 * 60_000
/** Connect time-out while another address is left, so that a path that drops packets does not use up the whole time. Milliseconds. */
const QUICK_CONNECT_MS = 5000

/** What one attempt tries, and the functions that it uses. */
export interface HostTrial {
  /** Best first. */
  hosts: readonly RouteHost[]
  envelope: Envelope
  /** Attempts made before this one. */
  attempt: number
  slot: Pick<Slot, 'takeIdle' | 'opening' | 'hosts'>
  connectMs: number
  addressesOf: (host: RouteHost) => Promise<HostAddresses | NoAddress>
  open: (candidate: Candidate, connectMs: number) => Promise<SmtpConnection>
  /** `reopen` connects to the same address. */
  send: (connection: SmtpConnection, reopen: () => Promise<SmtpConnection>) => Promise<SeriesResult>
  /** Monotonic, in milliseconds. */
  now?: () => number
}

export interface Tried {
  outcome: TransactionOutcome
  finding: Finding
  /** Present if it can carry another message. */
  connection?: SmtpConnection
}

/** Sends a message to the first host of a route that accepts it, in the order of preference (RFC 5321, 5.1), over an idle connection if
 * there is one. Rejects with LookupsBusyError if no host could be looked up, and with the errors of `open` and `send` other than
 * ConnectionBrokenError and SessionRefusedError. */
export const tryHosts = (trial: HostTrial): Promise<Tried> => new Trial(trial).run()

class Trial {
  readonly #trial: HostTrial
  readonly #now: () => number
  readonly #startedAt: number
  readonly #failures: HostFailure[] = []
  readonly #tried = new Set<Candidate>()
  /** Names of the hosts that were tried or have no address. */
  readonly #settled = new Set<string>()
  /** Names of the hosts whose EHLO reply shows that they do not accept the message. */
  readonly #unsuited = new Set<string>()
  readonly #sessions = new Map<number, number>()
  #connections = 0
  #notLookedUp = 0
  /** Some address was given the full connect time-out. */
  #waitedFully = false
  /** The first address that did not answer within the short connect time-out. */
  #cutShort: Candidate | undefined
  #finding: Finding = 'unknown'
  #connection: SmtpConnection | undefined

  constructor(trial: HostTrial) {
    this.#trial = trial
    this.#now = trial.now ?? (() => performance.now())
    this.#startedAt = this.#now()
  }

  async run(): Promise<Tried> {
    for await (const { candidate, equals, more } of this.#inOrder()) {
      if (this.#isOver()) break
      while (this.#mayTry(candidate)) {
        const isLast = !more || this.#connections === MAX_CONNECTIONS - 1
        const outcome = await this.#tryHost(candidate, equals, isLast)
        if (outcome !== undefined) return this.#result(outcome)
      }
    }
    // The hosts that were expected after an address with a short time-out turned out to have no address.
    if (this.#cutShort !== undefined && !this.#waitedFully && this.#connections < MAX_CONNECTIONS) {
      const outcome = await this.#tryHost(this.#cutShort, [], true)
      if (outcome !== undefined) return this.#result(outcome)
    }
    if (this.#notLookedUp > 0 && this.#notLookedUp === this.#failures.length) throw new LookupsBusyError()
    const untried = this.#trial.hosts.some(({ name }) => !this.#settled.has(name))
    return this.#result(combined(this.#failures, { untried }))
  }

  #result(outcome: TransactionOutcome): Tried {
    return { outcome, finding: this.#finding, ...(this.#connection && { connection: this.#connection }) }
  }

  #isOver(): boolean {
    return this.#connections >= MAX_CONNECTIONS || this.#now() - this.#startedAt > MAX_TRYING_MS
  }

  #mayTry(candidate: Candidate): boolean {
    const { name, preference } = candidate.host
    const sessions = this.#sessions.get(preference) ?? 0
    const isAsked = this.#tried.has(candidate) || this.#unsuited.has(name)
    return !isAsked && sessions < MAX_SESSIONS_PER_PREFERENCE && !this.#isOver()
  }

  /** Tries one address of a host, or an idle connection to one of its equals. Returns the outcome, or undefined if the next host may be
   * tried. */
  async #tryHost(
    wanted: Candidate,
    equals: readonly Candidate[],
    isLast: boolean,
  ): Promise<TransactionOutcome | undefined> {
    this.#closePrevious()
    const idle = this.#takeIdle(equals)
    const candidate = idle?.candidate ?? wanted
    this.#tried.add(candidate)
    this.#settled.add(candidate.host.name)
    try {
      if (idle !== undefined) {
        this.#connection = idle.connection
        const sent = await this.#send(candidate, idle.connection)
        if (sent === undefined || !diedIdle(sent)) return sent && this.#conclude(candidate, sent)
        idle.connection.dialogue.destroy()
        this.#connection = undefined
      }
      this.#connection = await this.#open(candidate, isLast)
      const sent = await this.#send(candidate, this.#connection)
      return sent && this.#conclude(candidate, sent)
    } catch (error) {
      this.#connection?.dialogue.destroy()
      this.#connection = undefined
      if (!(error instanceof ConnectionBrokenError || error instanceof SessionRefusedError)) throw error
      this.#failures.push(failureOf(error, this.#trial.envelope.recipients))
      // This machine has no path for the address family. Nothing was sent, so the attempt does not count.
      if (hasNoPath(error)) this.#connections--
      if (isConnectTimeout(error)) this.#cutShort ??= candidate
      this.#learn(error, candidate)
      return undefined
    }
  }

  async #open(candidate: Candidate, isLast: boolean): Promise<SmtpConnection> {
    const { slot, connectMs } = this.#trial
    this.#connections++
    slot.opening()
    slot.hosts.probing(candidate.address)
    if (isLast) this.#waitedFully = true
    const connection = await this.#trial.open(candidate, isLast ? connectMs : Math.min(QUICK_CONNECT_MS, connectMs))
    slot.hosts.answered(candidate.address)
    return connection
  }

  /** Sends the message. Undefined if the EHLO reply of the host shows that it does not accept the message. */
  async #send(candidate: Candidate, connection: SmtpConnection): Promise<SeriesResult | undefined> {
    const { envelope, connectMs, open, send } = this.#trial
    const impossible = cannotTake(connection, envelope)
    if (impossible === undefined) return send(connection, () => open(candidate, connectMs))
    const { remote } = connection
    this.#failures.push(refusal(impossible, 'mail', envelope.recipients, { temporary: false, remote, ours: true }))
    this.#unsuited.add(candidate.host.name)
    return undefined
  }

  #conclude({ host }: Candidate, sent: SeriesResult): TransactionOutcome | undefined {
    const { outcome, reusable, connection, progressed } = sent
    this.#finding = findingOf(outcome)
    this.#connection = connection
    if (!reusable) {
      connection.dialogue.end('QUIT\r\n')
      this.#connection = undefined
    }
    // The results of some recipients are on disk already, so another host must not get the message for all of them.
    const failure = progressed ? undefined : sessionFailure(outcome)
    if (failure === undefined) return outcome
    this.#failures.push(failure)
    this.#sessions.set(host.preference, (this.#sessions.get(host.preference) ?? 0) + 1)
    return undefined
  }

  /** Remembers what a failed connection shows about the address and the site. */
  #learn(error: ConnectionBrokenError | SessionRefusedError, { address }: Candidate): void {
    // A requirement of this message or a fault of this machine says nothing about the site.
    if (error instanceof RequireTlsUnmetError || isLocalFault(error)) return
    if (error instanceof ConnectionBrokenError && (error.stage === 'connect' || error.stage === 'greeting'))
      this.#trial.slot.hosts.wasDown(address)
    if (this.#finding === 'unknown' || typeof this.#finding === 'object') this.#finding = findingOfError(error)
  }

  /** Closes the connection to the previous host, which is kept until the next one is tried. */
  #closePrevious(): void {
    this.#connection?.dialogue.end('QUIT\r\n')
    this.#connection = undefined
  }

  #takeIdle(equals: readonly Candidate[]): { candidate: Candidate; connection: SmtpConnection } | undefined {
    const find = ({ remote }: SmtpConnection): Candidate | undefined =>
      equals.find(
        (candidate) =>
          !this.#tried.has(candidate) && candidate.host.name === remote.host && candidate.address === remote.address,
      )
    const connection = this.#trial.slot.takeIdle((each) => find(each) !== undefined)
    const candidate = connection && find(connection)
    return connection && candidate && { candidate, connection }
  }

  /** Yields the addresses in the order in which they are tried, each with its equals that are not known to be down. An address that was
   * recently down comes after all others, so that a dead host does not delay every message. `more`: further addresses may follow. */
  async *#inOrder(): AsyncGenerator<{ candidate: Candidate; equals: readonly Candidate[]; more: boolean }> {
    const { hosts } = this.#trial.slot
    const down: Candidate[] = []
    for await (const { candidates, more } of this.#byPreference()) {
      const up = candidates.filter(({ address }) => !hosts.isDown(address))
      down.push(...candidates.filter(({ address }) => hosts.isDown(address)))
      for (const [at, candidate] of up.entries()) {
        const equals = up.filter(({ host }) => host.preference === candidate.host.preference)
        yield { candidate, equals, more: more || at < up.length - 1 || down.length > 0 }
      }
    }
    for (const [at, candidate] of down.entries()) yield { candidate, equals: [candidate], more: at < down.length - 1 }
  }

  /** Yields the addresses by preference. The first attempt looks up the hosts of a preference only when they are needed. A later attempt
   * looks up all hosts, to begin where the one before ended. */
  async *#byPreference(): AsyncGenerator<{ candidates: Candidate[]; more: boolean }> {
    const { hosts, attempt } = this.#trial
    const preferences = [...new Set(hosts.map(({ preference }) => preference))]
    const groups = preferences.map((wanted) => hosts.filter(({ preference }) => preference === wanted))
    if (attempt > 0) {
      const all = await Promise.all(groups.map((group) => this.#lookUp(group)))
      const end = all.findIndex(({ loops }) => loops)
      const used = end === -1 ? all : all.slice(0, end + 1)
      const candidates = used.flatMap((group) => group.candidates)
      this.#failures.push(...used.flatMap((group) => group.failures))
      // Even an attempt that can reach all addresses offers the message to some of several equally good hosts only.
      const fair = used.flatMap((group) => rotated(group.candidates, attempt, MAX_SESSIONS_PER_PREFERENCE))
      const reachesAll = candidates.length <= MAX_CONNECTIONS
      yield { candidates: reachesAll ? fair : rotated(candidates, attempt, MAX_CONNECTIONS), more: false }
      return
    }
    for (const [at, group] of groups.entries()) {
      const { candidates, failures, loops } = await this.#lookUp(group)
      this.#failures.push(...failures)
      yield { candidates, more: at < groups.length - 1 }
      if (loops) return
    }
  }

  async #lookUp(
    group: readonly RouteHost[],
  ): Promise<{ candidates: Candidate[]; failures: HostFailure[]; loops: boolean }> {
    const { envelope, addressesOf } = this.#trial
    const ordered = shuffled(envelope.id, group, ({ name }) => name)
    const found = await Promise.all(ordered.map(addressesOf))
    for (const [at, { name }] of ordered.entries()) if ('reply' in (found[at] ?? {})) this.#settled.add(name)
    const without = found.filter((answer) => 'reply' in answer)
    const failures = without.map(({ reply }) => refusal(reply, 'dns', envelope.recipients, { ours: true }))
    this.#notLookedUp += without.filter(({ busy }) => busy === true).length
    // This platform is one of the group, and the others of the same preference might send the message back (RFC 5321, 5.1).
    const loops = without.some((answer) => answer.loops === true)
    if (loops) for (const { name } of this.#trial.hosts) this.#settled.add(name)
    const candidates = loops ? [] : interleaved(found.filter((answer) => 'candidates' in answer))
    return { candidates, failures, loops }
  }
}

const isConnectTimeout = (error: ConnectionBrokenError | SessionRefusedError): boolean =>
  error instanceof ConnectionBrokenError && error.stage === 'connect' && error.code === 'TIMEOUT'
