import { setTimeout as pause } from 'node:timers/promises'
import { createTransport } from 'nodemailer'

export interface LoadReport {
  /** Ids of messages with a 250. */
  accepted: string[]
  /** Sent, and no 250: refused, or the connection ended. Nobody retries them: a new id is a new message. */
  failed: number
  /** Last lines of errors, each with how often it came. */
  errors: Record<string, number>
  seconds: number
}

const MAX_SECONDS = 120

/** Messages at a steady rate through a pool of sessions, each with an id of its own. */
export class Load {
  readonly #transport
  readonly #accepted: string[] = []
  readonly #errors: Record<string, number> = {}
  readonly #startedAt = Date.now()
  readonly #timer: NodeJS.Timeout
  readonly #run = Math.random().toString(36).slice(2, 8)
  #endedAt = 0
  #sent = 0
  #waiting = 0

  constructor(pool: object, rate: number) {
    this.#transport = createTransport(pool)
    this.#timer = setInterval(() => {
      const due = Math.floor(((Date.now() - this.#startedAt) / 1000) * rate)
      // While nobody takes mail the queue of the pool grows, but not without end.
      if (this.#waiting > rate * MAX_SECONDS) this.#sent = due
      while (this.#sent < due) void this.#send(`${this.#run}-${this.#sent++}`)
    }, 50)
  }

  async #send(id: string): Promise<void> {
    this.#waiting++
    try {
      await this.#transport.sendMail({
        from: 'app@example.org',
        to: 'load@take.test',
        subject: `load ${id}`,
        headers: { 'X-Load-Id': id },
        text: `Message ${id}\n${'a line of some length in a message of two kilobytes\n'.repeat(40)}`,
      })
      this.#accepted.push(id)
    } catch (error) {
      const text = error instanceof Error ? error.message.slice(0, 80) : String(error)
      this.#errors[text] = (this.#errors[text] ?? 0) + 1
    } finally {
      this.#waiting--
    }
  }

  /** Ends it; what is under way is waited for. */
  async end(): Promise<void> {
    clearInterval(this.#timer)
    this.#endedAt ||= Date.now()
    const deadline = Date.now() + 100_000
    while (this.#waiting > 0 && Date.now() < deadline) await pause(50)
    this.#transport.close()
  }

  report(): LoadReport {
    const failed = Object.values(this.#errors).reduce((sum, count) => sum + count, 0)
    const seconds = ((this.#endedAt || Date.now()) - this.#startedAt) / 1000
    return { accepted: this.#accepted, failed, errors: this.#errors, seconds }
  }
}
