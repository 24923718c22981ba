import { connect } from 'node:net'
import type { Socket } from 'node:net'

/** A talk with a Mozilla program that was started with --marionette: `<octets>:[0,id,command,parameters]`, answered by
 * `<octets>:[1,id,error,result]`. */
export class Marionette {
  readonly #socket: Socket
  readonly #waiting = new Map<number, (answer: [error: unknown, result: unknown]) => void>()
  #read = Buffer.alloc(0)
  #last = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      for (const answer of this.#waiting.values()) answer(['the program has gone', undefined])
    })
  }

  /** Rejects when nobody listens there. */
  static async open(port: number): Promise<Marionette> {
    const socket = connect(port, '127.0.0.1')
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
    const talk = new Marionette(socket)
    await talk.command('WebDriver:NewSession', {})
    await talk.command('Marionette:SetContext', { value: 'chrome' })
    await talk.command('WebDriver:SetTimeouts', { script: 120_000 })
    return talk
  }

  /** Runs the body of an asynchronous function with the program's own rights; resolves with what it returns, as JSON can say it. */
  async run(body: string, ...args: unknown[]): Promise<unknown> {
    const script = `const done = arguments[arguments.length - 1];
      (async (...args) => { ${body} })(...arguments).then((value) => done({ value }), (error) => done({ error: String(error) + ' ' + (error?.stack ?? '') }))`
    const { value } = (await this.command('WebDriver:ExecuteAsyncScript', { script, args, newSandbox: true })) as {
      value: { value?: unknown; error?: string }
    }
    if (value.error !== undefined) throw new Error(value.error)
    return value.value
  }

  async command(name: string, parameters: object): Promise<unknown> {
    const id = ++this.#last
    const text = Buffer.from(JSON.stringify([0, id, name, parameters]))
    const [error, result] = await new Promise<[unknown, unknown]>((resolve) => {
      this.#waiting.set(id, resolve)
      this.#socket.write(Buffer.concat([Buffer.from(`${text.length}:`), text]))
    })
    if (error !== null) throw new Error(`${name}: ${JSON.stringify(error)}`)
    return result
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    this.#read = Buffer.concat([this.#read, chunk])
    for (;;) {
      const colon = this.#read.indexOf(':')
      if (colon === -1) return
      const end = colon + 1 + Number(this.#read.subarray(0, colon).toString())
      if (this.#read.length < end) return
      const message: unknown = JSON.parse(this.#read.subarray(colon + 1, end).toString())
      this.#read = this.#read.subarray(end)
      // The program's greeting is not a list.
      if (!Array.isArray(message)) continue
      const [, id, error, result] = message as [number, number, unknown, unknown]
      this.#waiting.get(id)?.([error, result])
      this.#waiting.delete(id)
    }
  }
}
