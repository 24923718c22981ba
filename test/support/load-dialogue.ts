import { createConnection } from 'node:net'
import type { Socket } from 'node:net'

export interface LoadMessage {
  /** Its Subject, and its X-Load-Id. */
  loadId: string
  recipients: string[]
}

/** The connection ended, or nothing was answered. */
export class LostError extends Error {
  override readonly name = 'LostError'
}

/** One connection; one message at a time, its commands in a group (RFC 2920). */
export class LoadDialogue {
  readonly #socket: Socket
  readonly #replyMs: number
  #buffer = ''
  #over = false
  #wake: () => void = () => undefined

  /** A reply that takes longer than `replyMs` is not waited for. */
  constructor(port: number, replyMs: number) {
    this.#replyMs = replyMs
    this.#socket = createConnection({ host: '127.0.0.1', port, noDelay: true })
    this.#socket.setEncoding('latin1')
    this.#socket.on('data', (chunk: string) => {
      this.#buffer += chunk
      this.#wake()
    })
    this.#socket.on('error', () => undefined)
    this.#socket.on('close', () => {
      this.#over = true
      this.#wake()
    })
  }

  async begin(): Promise<void> {
    await this.#reply()
    this.#socket.write('EHLO load.test\r\n')
    await this.#reply()
  }

  /** Resolves with the reply to the final dot, or the first that says no. */
  async send({ loadId, recipients }: LoadMessage, body: string): Promise<string> {
    const commands = ['MAIL FROM:<app@sender.test>', ...recipients.map((to) => `RCPT TO:<${to}>`), 'DATA']
    this.#socket.write(`${commands.join('\r\n')}\r\n`)
    const replies: string[] = []
    while (replies.length < commands.length) replies.push(await this.#reply())
    if (!replies.at(-1)?.startsWith('354')) {
      this.#socket.write('RSET\r\n')
      await this.#reply()
      return replies.find((reply) => !reply.startsWith('2')) ?? ''
    }
    const header = `From: app@sender.test\r\nTo: ${recipients.join(', ')}\r\nSubject: ${loadId}\r\nX-Load-Id: ${loadId}\r\n`
    this.#socket.write(`${header}\r\n${body}.\r\n`)
    return this.#reply()
  }

  end(): void {
    this.#socket.destroy()
  }

  async #reply(): Promise<string> {
    const deadline = performance.now() + this.#replyMs
    for (;;) {
      const last = /^\d{3}(?: .*)?\r\n/m.exec(this.#buffer)
      if (last !== null) {
        this.#buffer = this.#buffer.slice(last.index + last[0].length)
        return last[0].trimEnd()
      }
      if (this.#over || performance.now() > deadline) throw new LostError()
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, this.#replyMs)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }
}
