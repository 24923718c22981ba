import { openSmtp } from '../support/raw-smtp.ts'
import type { RawSmtp } from '../support/raw-smtp.ts'
import type { Receiver } from '../support/receiver/receiver.ts'
import type { Transaction } from '../support/receiver/transaction.ts'
import { eventually } from '../support/eventually.ts'

/** A submission service that is looked at from outside. */
export interface Service {
  name: string
  host: string
  /** TLS from the first octet (RFC 8314). */
  submissions: number
  /** STARTTLS. */
  submission: number
  username: string
  password: string
  /** Where all that it accepts is delivered. */
  receiver: Receiver
}

/** The service does not announce what a check is about: nothing is wrong with that. */
export class NotOffered extends Error {
  override readonly name = 'NotOffered'
}

/** Sessions of one check with a service; closed together at its end. */
export class Target {
  readonly service: Service
  readonly #open: RawSmtp[] = []

  constructor(service: Service) {
    this.service = service
  }

  get login(): string {
    const { username, password } = this.service
    return Buffer.from(`\0${username}\0${password}`).toString('base64')
  }

  /** Connected in clear, the greeting read. */
  async clear(): Promise<RawSmtp> {
    const { host, submission } = this.service
    return this.#keep(await openSmtp({ host, port: submission }))
  }

  /** In TLS, the greeting read. */
  async greeted(): Promise<RawSmtp> {
    const { host, submissions } = this.service
    return this.#keep(await openSmtp({ host, port: submissions, tls: true }))
  }

  /** In TLS, after EHLO. */
  async secure(): Promise<RawSmtp> {
    const smtp = await this.greeted()
    await smtp.command('EHLO client.test')
    return smtp
  }

  /** Logged in. */
  async loggedIn(): Promise<RawSmtp> {
    const smtp = await this.secure()
    await must(smtp, `AUTH PLAIN ${this.login}`, '235')
    return smtp
  }

  /** After MAIL. */
  async mail(parameters = ''): Promise<RawSmtp> {
    const smtp = await this.loggedIn()
    await must(smtp, `MAIL FROM:<${this.service.username}>${parameters}`, '250')
    return smtp
  }

  /** After RCPT. */
  async rcpt(to = 'kim@remote.test', parameters = ''): Promise<RawSmtp> {
    const smtp = await this.mail(parameters)
    await must(smtp, `RCPT TO:<${to}>`, '250')
    return smtp
  }

  /** After the 354. */
  async data(to = 'kim@remote.test', parameters = ''): Promise<RawSmtp> {
    const smtp = await this.rcpt(to, parameters)
    await must(smtp, 'DATA', '354')
    return smtp
  }

  /** Sends octets as they are and the final dot; the reply. */
  async send(to: string, content: string | Buffer, parameters = ''): Promise<string> {
    const smtp = await this.data(to, parameters)
    smtp.write(content)
    smtp.write('\r\n.\r\n')
    return smtp.reply()
  }

  /** A message's usual fields, with what is given behind them. */
  message(rest: string): string {
    return `From: ${this.service.username}\r\nTo: kim@remote.test\r\nDate: Mon, 4 May 2026 12:00:00 +0000\r\nMessage-ID: <1@sender.test>\r\n${rest}`
  }

  /** What EHLO announces in TLS; throws NotOffered when a keyword is not among it. */
  async needs(keyword: string): Promise<void> {
    const smtp = await this.greeted()
    const lines = (await smtp.command('EHLO client.test')).split('\n').slice(1)
    if (!lines.some((line) => line.slice(4).split(' ')[0] === keyword)) throw new NotOffered(keyword)
  }

  arrived(to: string): Promise<Transaction> {
    return eventually(() => {
      const mail = this.mailsTo(to)[0]
      if (mail === undefined) throw new Error(`nothing arrived for ${to}`)
      return mail
    }, 20_000)
  }

  mailsTo(to: string): Transaction[] {
    return this.service.receiver.mails.filter((mail) => mail.to.includes(to))
  }

  close(): void {
    for (const smtp of this.#open) smtp.close()
  }

  #keep(smtp: RawSmtp): RawSmtp {
    this.#open.push(smtp)
    return smtp
  }
}

async function must(smtp: RawSmtp, line: string, code: string): Promise<void> {
  const reply = await smtp.command(line)
  if (!reply.startsWith(code)) throw new Error(`${line.slice(0, 40)} was answered ${reply}`)
}
