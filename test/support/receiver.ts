import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

/** One message that a receiver took. */
export interface TakenMail {
  from: string
  to: string[]
  content: string
  at: number
  /** Came in TLS. */
  secure: boolean
}

/** What to answer: a reply line, at once or after some milliseconds, or what to do to the connection. */
export type Answer = string | { reply: string; afterMs: number } | { close: true } | { hang: true }

export interface ReceiverScript {
  /** Called at each stage; undefined is the usual answer. `attempt` counts calls with the same stage and argument, from 1. */
  answer?: (
    stage: 'connect' | 'ehlo' | 'mail' | 'rcpt' | 'data' | 'final',
    argument: string,
    attempt: number,
  ) => Answer | undefined
  /** Lines of the EHLO answer after the first. */
  offers?: string[]
  host?: string
  /** 0 is a free one. */
  port?: number
  /** What STARTTLS leads to: TLS with this certificate, a handshake that fails, or a reply 454. */
  tls?: { key: Buffer; cert: Buffer } | 'broken' | 'refused'
}

export interface Receiver {
  host: string
  port: number
  mails: TakenMail[]
  /** Every stage that was reached, with its time. */
  log: { stage: string; argument: string; at: number }[]
  /** Every command, as it came. */
  lines: string[]
  connections(): number
  close(): Promise<void>
}

/** A remote mail server whose every answer a test can script; by default it takes everything. */
export async function startReceiver({
  answer,
  offers = ['PIPELINING', '8BITMIME', 'SMTPUTF8'],
  host = '127.0.0.1',
  port = 0,
  tls,
}: ReceiverScript = {}): Promise<Receiver> {
  const mails: TakenMail[] = []
  const log: Receiver['log'] = []
  const lines: string[] = []
  const counts = new Map<string, number>()
  const sockets = new Set<Socket>()

  function decide(
    stage: 'connect' | 'ehlo' | 'mail' | 'rcpt' | 'data' | 'final',
    argument: string,
    usual: string,
  ): Answer {
    const key = `${stage} ${argument}`
    const attempt = (counts.get(key) ?? 0) + 1
    counts.set(key, attempt)
    log.push({ stage, argument, at: Date.now() })
    return answer?.(stage, argument, attempt) ?? usual
  }

  const server = createServer((socket) => {
    sockets.add(socket)
    // Replies to a group of commands leave at once, as from any server that is used.
    socket.setNoDelay(true)
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined)
    /** What is spoken over: the socket, or TLS on it. */
    let stream: Socket = socket
    let buffer = ''
    let mail: TakenMail | undefined
    let inData = false
    let hung = false
    const say = (reply: Answer): boolean => {
      if (typeof reply === 'string') {
        stream.write(`${reply}\r\n`)
        return reply.startsWith('2') || reply.startsWith('3')
      }
      if ('reply' in reply) {
        setTimeout(() => stream.write(`${reply.reply}\r\n`), reply.afterMs).unref()
        return /^[23]/.test(reply.reply)
      }
      if ('close' in reply) socket.destroy()
      hung = true
      return false
    }
    const sayEhlo = (line: string): void => {
      say(
        decide(
          'ehlo',
          line,
          [
            '250-receiver.test',
            ...offers.filter((offer) => offer !== 'STARTTLS' || stream === socket).map((offer) => `250-${offer}`),
            '250 ENHANCEDSTATUSCODES',
          ].join('\r\n'),
        ),
      )
    }
    const command = (line: string): void => {
      lines.push(line)
      const verb = line.slice(0, 4).toUpperCase()
      const address = /<([^>]*)>/.exec(line)?.[1] ?? ''
      if (verb === 'EHLO') sayEhlo(line)
      else if (verb === 'HELO') say('250 receiver.test')
      else if (verb === 'MAIL') {
        mail = say(decide('mail', address, '250 2.1.0 ok'))
          ? { from: address, to: [], content: '', at: 0, secure: stream !== socket }
          : undefined
      } else if (verb === 'RCPT') {
        if (mail === undefined) say('503 5.5.1 MAIL first')
        else if (say(decide('rcpt', address, '250 2.1.5 ok'))) mail.to.push(address)
      } else if (verb === 'DATA') {
        if (mail === undefined || mail.to.length === 0) say('503 5.5.1 RCPT first')
        else inData = say(decide('data', mail.to.join(), '354 go on'))
      } else sessionCommand(verb)
    }
    const sessionCommand = (verb: string): void => {
      if (verb === 'RSET') {
        mail = undefined
        say('250 2.0.0 ok')
      } else if (verb === 'QUIT') stream.end('221 2.0.0 bye\r\n')
      else if (verb === 'STAR' && tls !== undefined) startTls(tls)
      else say('502 5.5.2 what?')
    }
    const startTls = (kind: NonNullable<typeof tls>): void => {
      if (kind === 'refused') return void say('454 4.7.0 TLS not available due to temporary reason')
      say('220 2.0.0 go ahead')
      socket.removeListener('data', read)
      if (kind === 'broken') return void socket.once('data', () => socket.write('what is that?\r\n'))
      stream = new TLSSocket(socket, { isServer: true, ...kind })
      stream.on('data', read).on('error', () => undefined)
    }
    const pieces: string[] = []
    let tail = ''
    const read = (chunk: Buffer): void => {
      const piece = chunk.toString('latin1')
      pieces.push(piece)
      // Joined only when the end may be in it: a large content is looked through once.
      const seen = tail + piece
      tail = seen.slice(-4)
      if (inData && !seen.includes('\r\n.\r\n')) return
      buffer += pieces.splice(0).join('')
      while (!hung) {
        if (inData) {
          const end = buffer.startsWith('.\r\n') ? 0 : buffer.indexOf('\r\n.\r\n')
          if (end === -1) return
          const content = end === 0 ? '' : buffer.slice(0, end + 2).replace(/^\.\./gm, '.')
          buffer = buffer.slice(end === 0 ? 3 : end + 5)
          inData = false
          if (mail !== undefined && say(decide('final', mail.to.join(), '250 2.0.0 taken')))
            mails.push({ ...mail, content, at: Date.now() })
          mail = undefined
        } else {
          const end = buffer.indexOf('\r\n')
          if (end === -1) return
          const line = buffer.slice(0, end)
          buffer = buffer.slice(end + 2)
          command(line)
        }
      }
    }
    socket.on('data', read)
    say(decide('connect', '', '220 receiver.test ESMTP'))
  })
  await new Promise<void>((resolve) => server.listen(port, host, resolve))
  const address = server.address()
  return {
    host,
    port: typeof address === 'object' && address !== null ? address.port : 0,
    mails,
    log,
    lines,
    connections: () => sockets.size,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
