import type { SmtpConnection } from '../transaction/connection.ts'

/** Idle connections to one site. Each is closed after `idleMs` milliseconds. */
export class IdleConnections {
  readonly #entries: { connection: SmtpConnection; timer: NodeJS.Timeout }[] = []
  readonly #idleMs: number

  constructor(idleMs: number) {
    this.#idleMs = idleMs
  }

  get size(): number {
    return this.#entries.length
  }

  keep(connection: SmtpConnection): void {
    const timer = setTimeout(() => {
      const at = this.#entries.findIndex((entry) => entry.connection === connection)
      if (at !== -1) this.#entries.splice(at, 1)
      quit(connection)
    }, this.#idleMs)
    timer.unref()
    this.#entries.push({ connection, timer })
  }

  /** Removes and returns the connection that was used last among those that fit, so that surplus connections reach their time-out. Never
   * one that the remote has closed meanwhile. */
  take(fits: (connection: SmtpConnection) => boolean): SmtpConnection | undefined {
    for (let at = this.#entries.length - 1; at >= 0; at--) {
      const entry = this.#entries[at]
      if (entry === undefined || !fits(entry.connection)) continue
      this.#entries.splice(at, 1)
      clearTimeout(entry.timer)
      if (entry.connection.dialogue.usable) return entry.connection
      entry.connection.dialogue.destroy()
    }
    return undefined
  }

  closeOldest(): void {
    const entry = this.#entries.shift()
    if (entry === undefined) return
    clearTimeout(entry.timer)
    quit(entry.connection)
  }

  close(): void {
    while (this.#entries.length > 0) this.closeOldest()
  }
}

const quit = ({ dialogue }: SmtpConnection): void => dialogue.end('QUIT\r\n')
