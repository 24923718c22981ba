import type { TimeoutConfig } from '@postrider/runtime-config/config'
import { Broken, TurnedAway } from './outcome.ts'
import type { Remote, Reply, Stage } from './outcome.ts'
import { Dialogue } from './socket.ts'

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
  /** Transactions made. */
  used: number
}

/** Connects and introduces itself. Throws Broken when there is no answer and TurnedAway when the answer is no. */
export async function connect(options: ConnectOptions): Promise<SmtpConnection> {
  try {
    return await introduce(options, options.tls !== 'off')
  } catch (error) {
    // RFC 7435: opportunistic means that TLS that does not work is no reason not to deliver.
    if (options.tls === 'opportunistic' && error instanceof Broken && error.stage === 'starttls')
      return introduce(options, false)
    throw error
  }
}

async function introduce(options: ConnectOptions, mayUseTls: boolean): Promise<SmtpConnection> {
  const { host, address, port, localAddress, ehloName, timeouts } = options
  const dialogue = await Dialogue.open({ address, port, localAddress, timeoutMs: timeouts.connectMs })
  try {
    await expect(dialogue, 'greeting', timeouts.greetingMs)
    let capabilities = await sayEhlo(dialogue, ehloName, timeouts)
    if (mayUseTls && capabilities.startTls) {
      if (await askForTls(dialogue, options)) capabilities = await goSecure(dialogue, options)
    } else if (options.tls === 'required') {
      throw new Broken('TLS', 'starttls', `${host} offers no STARTTLS, but the policy for it requires TLS`)
    }
    const remote = { host, address, tls: dialogue.tls, dsn: capabilities.dsn }
    return { dialogue, capabilities, remote, used: 0 }
  } catch (error) {
    dialogue.end('QUIT\r\n')
    throw error
  }
}

/** True when the remote is ready for the handshake; false when it is not, and mail may go in clear (RFC 3207, 4). */
async function askForTls(dialogue: Dialogue, { host, tls, timeouts }: ConnectOptions): Promise<boolean> {
  dialogue.write('STARTTLS\r\n')
  const reply = await dialogue.reply('starttls', timeouts.mailMs)
  if (reply.code === 421) throw new TurnedAway(reply, 'starttls')
  if (reply.code < 300) return true
  if (tls === 'required') throw new Broken('TLS', 'starttls', `${host} refuses STARTTLS: ${reply.text}`)
  return false
}

async function goSecure(dialogue: Dialogue, options: ConnectOptions): Promise<Capabilities> {
  const { host, tls, ehloName, timeouts } = options
  await dialogue.startTls({ host, verify: tls === 'required', timeoutMs: timeouts.greetingMs })
  try {
    return await sayEhlo(dialogue, ehloName, timeouts)
  } catch (error) {
    // In TLS 1.3 a handshake that the remote does not like looks well on our side, and then there is silence.
    if (error instanceof Broken) throw new Broken(error.code, 'starttls', error.message, { cause: error })
    throw error
  }
}

async function sayEhlo(dialogue: Dialogue, name: string, { mailMs }: TimeoutConfig): Promise<Capabilities> {
  dialogue.write(`EHLO ${name}\r\n`)
  const reply = await dialogue.reply('ehlo', mailMs)
  if (reply.code < 300) return readCapabilities(reply)
  if (reply.code < 500) throw new TurnedAway(reply, 'ehlo')
  // RFC 5321, 3.2: a server that knows no EHLO is asked with HELO.
  dialogue.write(`HELO ${name}\r\n`)
  await expect(dialogue, 'ehlo', mailMs)
  return { pipelining: false, eightBitMime: false, utf8: false, dsn: false, startTls: false, requireTls: false }
}

function readCapabilities({ lines }: Reply): Capabilities {
  const words = new Map(
    lines.slice(1).map((line) => {
      const [keyword = '', value] = line.slice(4).trim().split(/\s+/)
      return [keyword.toUpperCase(), value] as const
    }),
  )
  const size = Number(words.get('SIZE'))
  return {
    pipelining: words.has('PIPELINING'),
    eightBitMime: words.has('8BITMIME'),
    utf8: words.has('SMTPUTF8'),
    dsn: words.has('DSN'),
    startTls: words.has('STARTTLS'),
    requireTls: words.has('REQUIRETLS'),
    ...(words.has('SIZE') ? { size: size > 0 ? size : 0 } : {}),
  }
}

async function expect(dialogue: Dialogue, stage: Stage, timeoutMs: number): Promise<void> {
  const reply = await dialogue.reply(stage, timeoutMs)
  if (reply.code >= 300) throw new TurnedAway(reply, stage)
}
