import type { Socket } from 'node:net'
import { OFFERS } from './script.ts'
import type { Answer, ReceivedMail, ScriptedReceiver, ScriptedReceiverOptions, Stage } from './script.ts'

export interface SessionOptions extends ScriptedReceiverOptions, Pick<ScriptedReceiver, 'mails' | 'lines' | 'groups'> {
  connection: number
  upgrade: () => Socket
}

const STAGES: Partial<Record<string, Stage>> = {
  EHLO: 'ehlo',
  HELO: 'helo',
  STAR: 'starttls',
  MAIL: 'mail',
  RCPT: 'rcpt',
  DATA: 'data',
  RSET: 'rset',
  QUIT: 'quit',
}

/** The server's side of one connection. */
export class ServerSession {
  #socket: Socket
  readonly #options: SessionOptions
  readonly #times = new Map<Stage, number>()
  #buffer = ''
  #mail: ReceivedMail | undefined
  #inContent = false
  #secure = false
  #over = false

  constructor(socket: Socket, options: SessionOptions) {
    this.#socket = socket
    this.#options = options
  }

  begin(): void {
    this.#listen()
    this.#answer('connect', '', '220 receiver.test ESMTP')
  }

  #listen(): void {
    this.#socket.on('data', (chunk: Buffer) => this.#take(chunk.toString('latin1')))
  }

  #take(text: string): void {
    if (!this.#inContent) this.#options.groups.push(text.split('\r\n').filter((line) => line !== ''))
    this.#buffer += text
    while (!this.#over && (this.#inContent ? this.#content() : this.#command()));
  }

  #command(): boolean {
    const end = this.#buffer.indexOf('\r\n')
    if (end === -1) return false
    const line = this.#buffer.slice(0, end)
    this.#buffer = this.#buffer.slice(end + 2)
    this.#options.lines.push(line)
    const stage = STAGES[line.slice(0, 4).toUpperCase()]
    if (stage === undefined) this.#say('502 5.5.2 what?')
    else this.#obey(stage, line)
    return true
  }

  #obey(stage: Stage, line: string): void {
    const address = /<([^>]*)>/.exec(line)?.[1] ?? ''
    if (stage === 'ehlo') this.#answer(stage, line, this.#ehlo())
    else if (stage === 'starttls') this.#answer(stage, line, '220 2.0.0 ready', () => this.#startTls())
    else if (stage === 'mail') this.#beginMail(address)
    else if (stage === 'rcpt') this.#addRecipient(address)
    else if (stage === 'data') this.#beginContent(line)
    else if (stage === 'quit') this.#answer(stage, line, '221 2.0.0 bye', () => this.#socket.end())
    else {
      if (stage === 'rset') this.#mail = undefined
      this.#answer(stage, line, '250 2.0.0 ok')
    }
  }

  #beginMail(from: string): void {
    const taken = this.#answer('mail', from, '250 2.1.0 ok')
    this.#mail = taken ? { from, to: [], content: '', secure: this.#secure } : undefined
  }

  #addRecipient(to: string): void {
    if (this.#answer('rcpt', to, this.#mail ? '250 2.1.5 ok' : '503 5.5.1 MAIL first')) this.#mail?.to.push(to)
  }

  #beginContent(line: string): void {
    this.#inContent = this.#answer('data', line, this.#mail?.to.length ? '354 go on' : '554 5.5.1 no recipients')
    if (this.#inContent && this.#options.readsContent === false) this.#socket.pause()
  }

  #content(): boolean {
    if (this.#buffer !== '' && this.#options.script !== undefined) this.#answer('content', '', undefined)
    const end = this.#buffer.startsWith('.\r\n') ? 0 : this.#buffer.indexOf('\r\n.\r\n')
    if (end === -1 || this.#over) return false
    const content = end === 0 ? '' : this.#buffer.slice(0, end + 2).replace(/(^|\r\n)\.\./g, '$1.')
    this.#buffer = this.#buffer.slice(end === 0 ? 3 : end + 5)
    this.#inContent = false
    const mail = this.#mail
    this.#mail = undefined
    if (this.#answer('final', mail?.to.join() ?? '', '250 2.0.0 taken') && mail !== undefined)
      this.#options.mails.push({ ...mail, content })
    return true
  }

  #ehlo(): string {
    const { offers = OFFERS, certificate } = this.#options
    const all = ['receiver.test', ...offers, ...(certificate !== undefined && !this.#secure ? ['STARTTLS'] : [])]
    return all.map((word, index) => `250${index === all.length - 1 ? ' ' : '-'}${word}`).join('\r\n')
  }

  #startTls(): void {
    this.#socket.removeAllListeners('data')
    // What came behind the command in clear must not count as sent in TLS (RFC 3207, 6).
    this.#buffer = ''
    this.#socket = this.#options.upgrade()
    this.#secure = true
    this.#listen()
  }

  /** True when the answer lets the client go on; `then` happens in that case. */
  #answer(stage: Stage, argument: string, usual: string | undefined, then?: () => unknown): boolean {
    const { script, connection } = this.#options
    const time = (this.#times.get(stage) ?? 0) + 1
    this.#times.set(stage, time)
    const answer = script?.({ stage, argument, connection, time, secure: this.#secure }) ?? usual
    const goesOn = answer !== undefined && this.#say(answer)
    if (goesOn) then?.()
    return goesOn
  }

  #say(answer: Answer): boolean {
    if (typeof answer === 'string') {
      this.#socket.write(`${answer}\r\n`, 'latin1')
      return /^[23]/.test(answer)
    }
    if ('raw' in answer) return this.#sayRaw(answer)
    this.#over = true
    if ('close' in answer) {
      if (answer.after === undefined) this.#socket.destroy()
      else this.#socket.end(`${answer.after}\r\n`)
    } else if ('drip' in answer) this.#drip(answer.drip, answer.everyMs)
    return false
  }

  /** The dialogue goes on as if the first piece were the reply. */
  #sayRaw({ raw, everyMs = 0, close }: Extract<Answer, { raw: unknown }>): boolean {
    const socket = this.#socket
    const pieces = typeof raw === 'string' ? [raw] : raw
    const finish = (): void => {
      if (close === 'end') socket.end()
      else if (close === 'reset') socket.resetAndDestroy()
    }
    for (const [index, piece] of pieces.entries()) {
      if (index === 0) socket.write(piece, 'latin1')
      else setTimeout(() => socket.destroyed || socket.write(piece, 'latin1'), everyMs * index)
    }
    if (close !== undefined) {
      this.#over = true
      setTimeout(finish, everyMs * pieces.length)
    }
    return /^[23]/.test(pieces[0] ?? '')
  }

  #drip(text: string, everyMs: number): void {
    let at = 0
    const timer = setInterval(() => {
      if (at >= text.length || this.#socket.destroyed) clearInterval(timer)
      else this.#socket.write(text[at++] ?? '')
    }, everyMs)
  }
}
