import type { TimeoutConfig } from '@postrider/runtime-config/config'
import { cut } from '@postrider/reply/cut'
import { BOUND_TEXTS, MAX_HOST_OCTETS, MAX_KEYWORDS, brokenBounds } from './bounds.ts'
import type { Bound } from './bounds.ts'
import { ConnectionBrokenError, SessionRefusedError } from './outcome.ts'
import { isRefusal, succeeded } from '@postrider/smtp/reply'
import type { Remote, Stage } from './outcome.ts'
import type { Reply } from '@postrider/smtp/reply'
import { Dialogue } from './socket.ts'
import { TIME_LIMITS, TimeSpan } from './time-limits.ts'
import type { TimeLimits } from './time-limits.ts'

export interface ConnectOptions {
  /** Name of the host, for TLS and the log. */
  host: string
  /** Its IP address. */
  address: string
  port: number
  localAddress?: string
  ehloName: string
  tls: 'opportunistic' | 'required' | 'off'
  timeouts: TimeoutConfig
  limits?: TimeLimits
}

/** Extensions that the remote announced in its EHLO reply (RFC 5321, 4.1.1.1). */
export interface Capabilities {
  pipelining: boolean
  eightBitMime: boolean
  utf8: boolean
  dsn: boolean
  startTls: boolean
  /** RFC 8689. Only valid if the certificate was verified. */
  requireTls: boolean
  /** Size limit in octets; 0 if the remote supports SIZE without a limit, undefined if it does not support SIZE (RFC 1870). */
  size?: number
}

/** A connection after EHLO, ready for transactions. */
export interface SmtpConnection {
  dialogue: Dialogue
  capabilities: Capabilities
  remote: Remote
  /** `host:port`; the key in PeerMemory. */
  peer: string
  /** Why TLS failed, if the connection is in clear because of that. */
  tlsFault?: string
  /** Transactions made on this connection. */
  used: number
}

/** Connects to a host, and completes greeting, EHLO and STARTTLS. If TLS is opportunistic and fails, it connects again without TLS. Throws
 * ConnectionBrokenError if there is no valid reply, and SessionRefusedError if the host refuses the session; both name the host. */
export async function connect(options: ConnectOptions): Promise<SmtpConnection> {
  try {
    return await introduce(options, options.tls !== 'off')
  } catch (error) {
    // RFC 7435: with opportunistic security, mail is delivered even if TLS does not work.
    if (options.tls !== 'opportunistic' || !(error instanceof ConnectionBrokenError) || error.stage !== 'starttls')
      throw error
    const connection = await introduce(options, false)
    return { ...connection, tlsFault: error.message }
  }
}

async function introduce(options: ConnectOptions, mayUseTls: boolean): Promise<SmtpConnection> {
  const { host, address, port, localAddress, timeouts, limits = TIME_LIMITS } = options
  const remote: Remote = { host: cut(host, MAX_HOST_OCTETS), address, tls: null, dsn: false }
  let dialogue: Dialogue | undefined
  try {
    dialogue = await Dialogue.open({ address, port, localAddress, timeoutMs: timeouts.connectMs })
    const introduction = new Introduction(dialogue, options, new TimeSpan(limits.setupMs))
    const capabilities = await introduction.make(mayUseTls)
    const { tls } = dialogue
    return {
      dialogue,
      capabilities,
      remote: { ...remote, tls, dsn: capabilities.dsn },
      peer: `${host}:${port}`,
      used: 0,
    }
  } catch (error) {
    dialogue?.end('QUIT\r\n')
    if (error instanceof ConnectionBrokenError || error instanceof SessionRefusedError)
      error.remote = { ...remote, tls: dialogue?.tls ?? null }
    throw error
  }
}

/** The commands before the first transaction: greeting, EHLO, STARTTLS, and EHLO again. */
class Introduction {
  readonly #dialogue: Dialogue
  readonly #options: ConnectOptions
  readonly #time: TimeSpan

  constructor(dialogue: Dialogue, options: ConnectOptions, time: TimeSpan) {
    this.#dialogue = dialogue
    this.#options = options
    this.#time = time
  }

  async make(mayUseTls: boolean): Promise<Capabilities> {
    const { host, tls, timeouts } = this.#options
    const greeting = await this.#reply('greeting', timeouts.greetingMs)
    if (!succeeded(greeting)) throw sessionError(greeting, 'greeting')
    const capabilities = await this.#ehlo()
    if (mayUseTls && capabilities.startTls) return this.#goSecure(capabilities)
    if (tls === 'required') {
      throw new ConnectionBrokenError('NO_STARTTLS', 'starttls', `${host} does not offer STARTTLS, but TLS is required`)
    }
    return capabilities
  }

  /** Starts TLS (RFC 3207, 4). If the remote refuses STARTTLS and mail may be sent in clear, another EHLO shows whether the connection is
   * still usable: some servers close it after their refusal. */
  async #goSecure(inClear: Capabilities): Promise<Capabilities> {
    const { host, tls, timeouts } = this.#options
    const reply = await this.#ask('STARTTLS', 'starttls')
    if (!succeeded(reply)) {
      if (tls === 'required')
        throw new ConnectionBrokenError('TLS', 'starttls', `${host} refused STARTTLS: ${reply.text}`)
      await this.#ehloAfter(`${host} refused STARTTLS (${reply.text}) and then closed the connection`)
      return inClear
    }
    const time = Math.min(timeouts.greetingMs, this.#time.left)
    await this.#dialogue.startTls({ host, verify: tls === 'required', timeoutMs: time })
    // In TLS 1.3 the handshake can succeed on our side although the remote rejects it. The remote then sends no reply.
    return this.#ehloAfter(`${host} did not answer EHLO after the TLS handshake`)
  }

  /** Sends EHLO, and reports a failure as one of STARTTLS. */
  async #ehloAfter(what: string): Promise<Capabilities> {
    try {
      return await this.#ehlo()
    } catch (error) {
      if (error instanceof ConnectionBrokenError)
        throw new ConnectionBrokenError('TLS', 'starttls', `${what}: ${error.message}`, { cause: error })
      if (error instanceof SessionRefusedError && this.#options.tls === 'opportunistic')
        throw new ConnectionBrokenError('TLS', 'starttls', `${what}: ${error.reply.text}`, { cause: error })
      throw error
    }
  }

  async #ehlo(): Promise<Capabilities> {
    const { ehloName } = this.#options
    const reply = await this.#ask(`EHLO ${ehloName}`, 'ehlo')
    if (succeeded(reply)) {
      const keywords = reply.lines.filter((line) => /^\d{3}[ -]/.test(line)).slice(1)
      if (keywords.length > MAX_KEYWORDS) throw this.#excess('keywords')
      return readCapabilities(keywords)
    }
    // 4xx is temporary. With HELO instead there would be no TLS and no 8BITMIME, so another host or a later attempt is better.
    if (reply.code < 500 && reply.code >= 400) throw new SessionRefusedError(reply, 'ehlo')
    // RFC 5321, 3.2: if a server does not support EHLO, the client sends HELO.
    const answer = await this.#ask(`HELO ${ehloName}`, 'ehlo')
    if (!succeeded(answer)) throw sessionError(answer, 'ehlo')
    return { pipelining: false, eightBitMime: false, utf8: false, dsn: false, startTls: false, requireTls: false }
  }

  #ask(command: string, stage: Stage): Promise<Reply> {
    this.#dialogue.send([`${command}\r\n`])
    return this.#reply(stage, this.#options.timeouts.mailMs)
  }

  #reply(stage: Stage, timeoutMs: number): Promise<Reply> {
    const { left } = this.#time
    return left < timeoutMs
      ? this.#dialogue.reply(stage, left, 'the remote took too long to accept the connection')
      : this.#dialogue.reply(stage, timeoutMs)
  }

  #excess(bound: Bound): ConnectionBrokenError {
    brokenBounds[bound]++
    this.#dialogue.destroy()
    return new ConnectionBrokenError('PROTOCOL', 'ehlo', BOUND_TEXTS[bound])
  }
}

/** The error for a reply other than 2xx. Codes that are not defined here (000, 1xx, 3xx, 6xx to 9xx) neither accept nor refuse the session.
 * */
const sessionError = (reply: Reply, stage: Stage): SessionRefusedError | ConnectionBrokenError =>
  isRefusal(reply)
    ? new SessionRefusedError(reply, stage)
    : new ConnectionBrokenError('PROTOCOL', stage, `not a valid SMTP reply to this command: ${reply.text}`)

/** Reads the keywords after the first line (RFC 5321, 4.1.1.1). `=` ends a keyword as well, because old servers send `AUTH=LOGIN`. */
function readCapabilities(lines: string[]): Capabilities {
  const words = new Map(
    lines.map((line) => {
      const [keyword = '', value] = line
        .slice(4)
        .trim()
        .split(/[\s=]+/)
      return [keyword.toUpperCase(), value] as const
    }),
  )
  return {
    pipelining: words.has('PIPELINING'),
    eightBitMime: words.has('8BITMIME'),
    utf8: words.has('SMTPUTF8'),
    dsn: words.has('DSN'),
    startTls: words.has('STARTTLS'),
    requireTls: words.has('REQUIRETLS'),
    ...(words.has('SIZE') ? { size: sizeLimit(words.get('SIZE')) } : {}),
  }
}

/** At most 20 digits (RFC 1870, 4). A value that is not a number means no limit. */
const sizeLimit = (value = ''): number => (/^\d{1,20}$/.test(value) ? Number(value) : 0)
