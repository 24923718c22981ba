import { fork } from 'node:child_process'
import { join } from 'node:path'
import { selfSigned } from '../../support/self-signed.ts'
import type { Ended, Order, Report, Transaction } from './record.ts'
import type { ScriptTable } from '../../support/receiver/script.ts'

/** Remote servers in a process of their own, and all that they have seen so far. */
export interface Remotes {
  transactions: Transaction[]
  ended: Ended[]
  /** Connections by address. */
  connected: Map<string, number>
  /** Resolves when it listens there. */
  listen(host: string, port: number, script: ScriptTable): Promise<void>
  /** Exchanges a script, and ends the connections that play the old one. */
  rewrite(host: string, script: ScriptTable): void
  close(): void
}

type Message = { listening: string } | { report: Report }

export async function startRemotes(): Promise<Remotes> {
  const child = fork(join(import.meta.dirname, 'process.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  child.setMaxListeners(0)
  const waiting = new Map<string, () => void>()
  const transactions: Transaction[] = []
  const ended: Ended[] = []
  const connected = new Map<string, number>()
  const tell = (order: Order): void => void child.send(order)
  child.on('message', (message: Message) => {
    if ('listening' in message) return waiting.get(message.listening)?.()
    transactions.push(...message.report.transactions)
    ended.push(...message.report.ended)
    for (const host of message.report.connected) connected.set(host, (connected.get(host) ?? 0) + 1)
  })
  tell({ certificate: await selfSigned('mx.remote.test') })
  return {
    transactions,
    ended,
    connected,
    listen: (host, port, script) =>
      new Promise((resolve, reject) => {
        child.once('exit', () => reject(new Error('the process of the remotes has ended')))
        waiting.set(host, resolve)
        tell({ listen: { host, port, script } })
      }),
    rewrite: (host, script) => tell({ rewrite: { host, script } }),
    close: () => child.disconnect(),
  }
}
