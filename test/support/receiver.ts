import { createServer } from 'node:net'
import type { Socket } from 'node:net'

/** One message that a receiver took. */
export interface TakenMail {
  from: string
  to: string[]
  content: string
  at: number
}

/** What to answer: a reply line, or what to do to the connection. */
export type Answer = string | { close: true } | { hang: true }

export interface ReceiverScript {
  /** Called at each stage; undefined is the usual answer. `attempt` counts calls with the same stage and argument, from 1. */
  answer?: (
    stage: 'connect' | 'ehlo' | 'mail' | 'rcpt' | 'data' | 'final',
    argument: string,
    attempt: number,
  ) => Answer | undefined
  /** Lines of the EHLO answer after the first. */
  offers?: string[]
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
    let buffer = ''
    let mail: TakenMail | undefined
    let inData = false
    let hung = false
    const say = (reply: Answer): boolean => {
      if (typeof reply === 'string') {
        socket.write(`${reply}\r\n`)
        return reply.startsWith('2') || reply.startsWith('3')
      }
      if ('close' in reply) socket.destroy()
      hung = true
      return false
    }
    const command = (line: string): void => {
      lines.push(line)
      const verb = line.slice(0, 4).toUpperCase()
      const address = /<([^>]*)>/.exec(line)?.[1] ?? ''
      if (verb === 'EHLO')
        say(
          decide(
            'ehlo',
            line,
            ['250-receiver.test', ...offers.map((offer) => `250-${offer}`), '250 ENHANCEDSTATUSCODES'].join('\r\n'),
          ),
        )
      else if (verb === 'HELO') say('250 receiver.test')
      else if (verb === 'MAIL') {
        mail = say(decide('mail', address, '250 2.1.0 ok')) ? { from: address, to: [], content: '', at: 0 } : undefined
      } else if (verb === 'RCPT') {
        if (mail === undefined) say('503 5.5.1 MAIL first')
        else if (say(decide('rcpt', address, '250 2.1.5 ok'))) mail.to.push(address)
      } else if (verb === 'DATA') {
        if (mail === undefined || mail.to.length === 0) say('503 5.5.1 RCPT first')
        else inData = say(decide('data', mail.to.join(), '354 go on'))
      } else if (verb === 'RSET') {
        mail = undefined
        say('250 2.0.0 ok')
      } else if (verb === 'QUIT') {
        socket.end('221 2.0.0 bye\r\n')
      } else say('502 5.5.2 what?')
    }
    socket.on('data', (chunk) => {
      buffer += chunk.toString('latin1')
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
    })
    say(decide('connect', '', '220 receiver.test ESMTP'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    host: '127.0.0.1',
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
