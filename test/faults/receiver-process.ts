import { createServer } from 'node:net'
import type { Socket } from 'node:net'

/** One transaction as the receiver saw it. */
export interface Transaction {
  /** When MAIL came and when the transaction was over, milliseconds since the epoch. */
  begun: number
  ended: number
  /** The final dot came, and 250 was the answer. False: cut off, or nobody was taken. */
  taken: boolean
  /** The platform's end of the connection: which of its processes made the transaction. */
  port: number
  /** The connection was lost before the reply to the final dot was sent. */
  unanswered: boolean
  /** Of what was taken: the platform's queue id, the id that the load gave it, and whether it is a notice. */
  id: string
  loadId: string
  notice: boolean
  /** Who was accepted. */
  recipients: string[]
}

/** The other side of the world: a process of its own, which nobody kills, so that it knows what arrived and when.
 * Local parts tell what it does: `nobody-` is refused for good, `later-` at the first attempt, all others are taken;
 * `slow40-` is answered so many seconds after the final dot. */
const seen = new Set<string>()
let fresh: Transaction[] = []

const server = createServer((socket) => {
  socket.setNoDelay(true)
  new Session(socket)
})
/** A second port, so that slow mail is a site of its own. */
const slowServer = createServer((socket) => {
  socket.setNoDelay(true)
  new Session(socket)
})
const portOf = (listening: typeof server): Promise<number> =>
  new Promise((resolve) => {
    listening.listen(0, '127.0.0.1', () => {
      const address = listening.address()
      resolve(typeof address === 'object' ? (address?.port ?? 0) : 0)
    })
  })
void Promise.all([portOf(server), portOf(slowServer)]).then(([port, slowPort]) => process.send?.({ port, slowPort }))
setInterval(() => {
  if (fresh.length > 0) process.send?.({ transactions: fresh })
  fresh = []
}, 20)
process.once('disconnect', () => process.exit())

class Session {
  #buffer = ''
  #inData = false
  #current: { begun: number; notice: boolean; recipients: string[]; slowMs: number } | undefined
  readonly #port: number
  readonly #socket: Socket

  constructor(socket: Socket) {
    this.#socket = socket
    this.#port = socket.remotePort ?? 0
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => {
      this.#buffer += chunk
      while (this.#inData ? this.#content() : this.#line());
    })
    socket.on('error', () => undefined).on('close', () => this.#over())
    socket.write('220 receiver.test ESMTP\r\n')
  }

  #line(): boolean {
    const end = this.#buffer.indexOf('\r\n')
    if (end === -1) return false
    const line = this.#buffer.slice(0, end)
    this.#buffer = this.#buffer.slice(end + 2)
    this.#socket.write(`${this.#answer(line.slice(0, 4).toUpperCase(), /<([^>]*)>/.exec(line)?.[1] ?? '')}\r\n`)
    return true
  }

  #answer(verb: string, address: string): string {
    switch (verb) {
      case 'EHLO':
        return '250-receiver.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES'
      case 'MAIL':
        this.#over()
        this.#current = { begun: Date.now(), notice: address === '', recipients: [], slowMs: 0 }
        return '250 2.1.0 ok'
      case 'RCPT':
        return this.#recipient(address)
      case 'DATA':
        this.#inData = (this.#current?.recipients.length ?? 0) > 0
        return this.#inData ? '354 go on' : '503 5.5.1 nobody to send to'
      case 'RSET':
        this.#over()
        return '250 2.0.0 ok'
      default:
        return verb === 'QUIT' ? '221 2.0.0 bye' : '502 5.5.2 what?'
    }
  }

  #recipient(address: string): string {
    if (address.startsWith('nobody-')) return '550 5.1.1 no such user here'
    if (address.startsWith('later-') && !seen.has(address)) {
      seen.add(address)
      return '452 4.2.2 mailbox full'
    }
    if (this.#current !== undefined) {
      this.#current.recipients.push(address)
      this.#current.slowMs = 1000 * Number(/^slow(\d+)-/.exec(address)?.[1] ?? 0)
    }
    return '250 2.1.5 ok'
  }

  #content(): boolean {
    const end = this.#buffer.indexOf('\r\n.\r\n')
    if (end === -1) return false
    const content = this.#buffer.slice(0, end)
    this.#buffer = this.#buffer.slice(end + 5)
    this.#inData = false
    const slowMs = this.#current?.slowMs ?? 0
    const transaction = this.#over(content)
    if (transaction === undefined) return true
    // It has arrived, whether or not the platform hears the reply.
    setTimeout(() => {
      transaction.unanswered = this.#socket.destroyed
      if (!this.#socket.destroyed) this.#socket.write('250 2.0.0 taken\r\n')
      fresh.push(transaction)
    }, slowMs)
    return true
  }

  /** Written down before the answer goes out: what the platform heard of is never missing here. */
  #over(content?: string): Transaction | undefined {
    if (this.#current === undefined) return undefined
    const { begun, notice, recipients } = this.#current
    const loadId = /^X-Load-Id: (\S+)/m.exec(content ?? '')?.[1] ?? ''
    const queueId = notice
      ? /^Message-ID: <([^@]+)@/im.exec(content ?? '')
      : /^Received: .* id (\w+)/m.exec(content ?? '')
    this.#current = undefined
    const transaction: Transaction = {
      begun,
      ended: Date.now(),
      taken: content !== undefined,
      port: this.#port,
      unanswered: false,
      id: queueId?.[1] ?? '',
      loadId,
      notice,
      recipients,
    }
    if (content === undefined) fresh.push(transaction)
    return transaction
  }
}
