import { readFileSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import type { Socket } from 'node:net'
import { TLSSocket, connect as connectTls } from 'node:tls'

export interface RawSmtp {
  greeting: string
  /** Sends a line with CRLF and resolves with the whole reply, lines joined by LF. */
  command(line: string): Promise<string>
  /** Writes octets as they are. */
  write(data: string | Buffer): void
  /** The next reply. */
  reply(): Promise<string>
  /** After a 220 to STARTTLS. */
  startTls(): Promise<void>
  /** The certificate that the server showed. */
  readonly fingerprint: string
  /** The server has closed the connection. */
  readonly closed: boolean
  close(): void
}

export interface RawSmtpOptions {
  port: number
  host?: string
  /** From the first octet. */
  tls?: boolean
  caFile?: string
  /** What the client shows in TLS. PEM texts. */
  certificate?: { cert: string; key: string }
  /** Address to connect from, such as 127.0.3.1. */
  localAddress?: string
  /** Octets before anything else, such as a PROXY header. */
  before?: string | Buffer
  /** For a reply. Milliseconds. */
  waitMs?: number
}

/** An SMTP client that sends exactly what a test says, right or wrong. Waits at most 30 s for a reply, unless the test says otherwise. */
export async function openSmtp(options: RawSmtpOptions): Promise<RawSmtp> {
  const { port, host = '127.0.0.1', tls = false, caFile, certificate, localAddress, before, waitMs = 30_000 } = options
  const ca = caFile === undefined ? undefined : readFileSync(caFile)
  const secure = { ca, servername: 'localhost', rejectUnauthorized: ca !== undefined, ...certificate }
  const to = { host, port, ...(localAddress === undefined ? {} : { localAddress }) }
  let socket: Socket = tls ? connectTls({ ...to, ...secure }) : connectTcp(to)
  if (before !== undefined) socket.write(before)
  let buffer = ''
  let closed = false
  let fingerprint = ''
  const replies: string[] = []
  let waiting: ((reply: string) => void) | undefined

  const listen = (): void => {
    socket.on('data', (chunk: Buffer) => {
      buffer += chunk.toString('latin1')
      for (;;) {
        const end = /^\d{3}(?: [^\r\n]*)?\r\n/m.exec(buffer)
        if (end === null) return
        const reply = buffer
          .slice(0, end.index + end[0].length)
          .trimEnd()
          .replaceAll('\r\n', '\n')
        buffer = buffer.slice(end.index + end[0].length)
        if (waiting === undefined) replies.push(reply)
        else {
          waiting(reply)
          waiting = undefined
        }
      }
    })
    const over = (): void => {
      closed = true
      waiting?.('closed')
      waiting = undefined
    }
    socket.on('error', over)
    socket.on('close', over)
  }
  listen()
  const smtp: RawSmtp = {
    greeting: '',
    async command(line) {
      socket.write(`${line}\r\n`)
      return smtp.reply()
    },
    write: (data) => void socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data),
    reply() {
      const ready = replies.shift()
      if (ready !== undefined) return Promise.resolve(ready)
      if (closed) return Promise.resolve('closed')
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no reply within ${waitMs} ms`)), waitMs)
        waiting = (reply) => {
          clearTimeout(timer)
          resolve(reply)
        }
      })
    },
    async startTls() {
      socket.removeAllListeners()
      socket.on('error', () => undefined)
      const upgraded = connectTls({ socket, ...secure })
      await new Promise<void>((resolve, reject) => {
        upgraded.once('secureConnect', resolve)
        upgraded.once('error', reject)
      })
      fingerprint = upgraded.getPeerCertificate().fingerprint256
      socket = upgraded
      listen()
    },
    get fingerprint() {
      return fingerprint
    },
    get closed() {
      return closed
    },
    close: () => socket.destroy(),
  }
  smtp.greeting = await smtp.reply()
  if (socket instanceof TLSSocket) fingerprint = socket.getPeerCertificate().fingerprint256
  return smtp
}
