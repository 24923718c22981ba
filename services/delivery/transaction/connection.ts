import type { TimeoutConfig } from '@postrider/runtime-config/config'
import { cut } from '@postrider/reply/cut'
import { BOUND_TEXTS, MAX_HOST_OCTETS, MAX_KEYWORDS, brokenBounds } from './bounds.ts'
import type { Bound } from './bounds.ts'
import { ConnectionBrokenError, TurnedAwayError } from './outcome.ts'
import { isRefusal, succeeded } from '@postrider/smtp/reply'
import type { Remote, Stage } from './outcome.ts'
import type { Reply } from '@postrider/smtp/reply'
import { Dialogue } from './socket.ts'
import { TIME_LIMITS, TimeSpan } from './time-limits.ts'
import type { TimeLimits } from './time-limits.ts'

export interface ConnectOptions {
  /** Name of the host, for TLS and for the log. */
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

/** What the remote announced (RFC 5321, 4.1.1.1). */
export interface Capabilities {
  pipelining: boolean
  eightBitMime: boolean
  utf8: boolean
  dsn: boolean
  startTls: boolean
  /** RFC 8689; counts only when the certificate was verified. */
  requireTls: boolean
  /** Octets; 0 when it takes the parameter and names no limit, undefined when it does not know it (RFC 1870). */
  size?: number
}

/** A connection that has said EHLO and can carry transactions. */
export interface SmtpConnection {
  dialogue: Dialogue
  capabilities: Capabilities
  remote: Remote
  /** Host and port: what is remembered of a server is kept under this name. */
  peer: string
  /** Why TLS failed just now, where the connection is in clear because of that. */
  tlsFault?: string
  /** Transactions made. */
  used: number
}

/** Connects and introduces itself. Throws Broken when there is no answer and TurnedAwayError when the answer is no; both name the host. */
export async function connect(options: ConnectOptions): Promise<SmtpConnection> {
  try {
    return await introduce(options, options.tls !== 'off')
  } catch (error) {
    // RFC 7435: opportunistic means that mail is delivered even if TLS does not work.
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
    if (error instanceof ConnectionBrokenError || error instanceof TurnedAwayError)
      error.remote = { ...remote, tls: dialogue?.tls ?? null }
    throw error
  }
}

/** What precedes the first transaction: greeting, EHLO, STARTTLS and EHLO again. */
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
    if (!succeeded(greeting)) throw turnedAway(greeting, 'greeting')
    const capabilities = await this.#ehlo()
    if (mayUseTls && capabilities.startTls) return this.#goSecure(capabilities)
    if (tls === 'required') {
      throw new ConnectionBrokenError('NO_STARTTLS', 'starttls', `${host} does not offer STARTTLS, but TLS is required`)
    }
    return capabilities
  }

  /** RFC 3207, 4. Where the remote is not ready and mail may go in clear, EHLO once more shows whether it still listens: some
   * close the connection behind their refusal. */
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
    // In TLS 1.3 a handshake that the remote does not like looks well on our side, and then there is silence.
    return this.#ehloAfter(`${host} did not answer EHLO after the TLS handshake`)
  }

  /** EHLO; when it fails, STARTTLS is to blame. */
  async #ehloAfter(what: string): Promise<Capabilities> {
    try {
      return await this.#ehlo()
    } catch (error) {
      if (error instanceof ConnectionBrokenError)
        throw new ConnectionBrokenError('TLS', 'starttls', `${what}: ${error.message}`, { cause: error })
      if (error instanceof TurnedAwayError && this.#options.tls === 'opportunistic')
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
    // 4xx is about now, and without EHLO the remote would be without TLS and 8BITMIME: another host, or later.
    if (reply.code < 500 && reply.code >= 400) throw new TurnedAwayError(reply, 'ehlo')
    // RFC 5321, 3.2: a server that knows no EHLO is asked with HELO.
    const answer = await this.#ask(`HELO ${ehloName}`, 'ehlo')
    if (!succeeded(answer)) throw turnedAway(answer, 'ehlo')
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

/** Codes that no RFC defines (000, 1xx, 3xx here, 6xx to 9xx) neither accept nor refuse the connection. */
const turnedAway = (reply: Reply, stage: Stage): TurnedAwayError | ConnectionBrokenError =>
  isRefusal(reply)
    ? new TurnedAwayError(reply, stage)
    : new ConnectionBrokenError('PROTOCOL', stage, `not a valid SMTP reply to this command: ${reply.text}`)

/** Keywords after the first line (RFC 5321, 4.1.1.1). `=` ends a keyword as well: old servers write `AUTH=LOGIN`. */
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

/** RFC 1870, 4: at most 20 digits. What is not a number states no limit. */
const sizeLimit = (value = ''): number => (/^\d{1,20}$/.test(value) ? Number(value) : 0)
