import { openSmtp } from '../support/raw-smtp.ts'
import type { RawSmtp } from '../support/raw-smtp.ts'
import { now } from './clock.ts'

export interface Submission {
  to: string[]
  subject: string
  octets?: number
  utf8?: boolean
  eightBit?: boolean
}

export interface Accepted {
  id: string
  /** When its final dot left. */
  sentAt: number
}

const LINE = 'A line of text as people write it, more or less.\r\n'
const FROM = 'app@sender.test'

/** A client of the relay port: one message after the other on one connection, which is opened again where it was lost. */
export class Submitter {
  readonly #port: number
  #smtp: RawSmtp | undefined
  #turn: Promise<unknown> = Promise.resolve()

  constructor(port: number) {
    this.#port = port
  }

  /** Resolves when the platform has accepted it; rejects with its refusal. */
  send(submission: Submission): Promise<Accepted> {
    const sent = this.#turn.then(() => this.#send(submission))
    this.#turn = sent.catch(() => undefined)
    return sent
  }

  close(): void {
    this.#smtp?.close()
  }

  async #send({ to, subject, octets = 1000, utf8 = false, eightBit = false }: Submission): Promise<Accepted> {
    if (this.#smtp === undefined || this.#smtp.closed) {
      this.#smtp = await openSmtp({ port: this.#port })
      await this.#smtp.command('EHLO client.sender.test')
    }
    const smtp = this.#smtp
    const parameters = `${utf8 || eightBit ? ' BODY=8BITMIME' : ''}${utf8 ? ' SMTPUTF8' : ''}`
    await expect(smtp, `MAIL FROM:<${FROM}>${parameters}`)
    for (const address of to) await expect(smtp, `RCPT TO:<${Buffer.from(address).toString('latin1')}>`)
    await expect(smtp, 'DATA')
    const header = `From: ${FROM}\r\nTo: recipients:;\r\nSubject: ${subject}\r\n`
    const mime = 'MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n'
    const body = LINE.repeat(Math.max(1, Math.round(octets / LINE.length)))
    const sentAt = now()
    smtp.write(`${header}${eightBit ? `${mime}\r\n\xc3\xa9\r\n` : '\r\n'}${body}.\r\n`)
    const reply = await smtp.reply()
    const id = /queued as (\w+)/.exec(reply)?.[1]
    if (id === undefined) throw new Error(`the platform answered ${reply}`)
    return { id, sentAt }
  }
}

async function expect(smtp: RawSmtp, command: string): Promise<void> {
  smtp.write(`${command}\r\n`)
  const reply = await smtp.reply()
  if (/^[23]/.test(reply)) return
  smtp.write('RSET\r\n')
  await smtp.reply()
  throw new Error(`${command.slice(0, 60)} was answered ${reply}`)
}
