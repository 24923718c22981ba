import { fork } from 'node:child_process'
import { join } from 'node:path'
import type { Transaction } from './receiver-process.ts'

export interface FaultReceiver {
  host: string
  port: number
  /** All transactions so far, in the order of their ends; some 20 ms late. */
  transactions: Transaction[]
  close(): void
}

/** Starts the receiver's process. */
export async function startFaultReceiver(): Promise<FaultReceiver> {
  const child = fork(join(import.meta.dirname, 'receiver-process.ts'), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const transactions: Transaction[] = []
  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', () => reject(new Error('the receiver ended')))
    child.on('message', (message: { port?: number; transactions?: Transaction[] }) => {
      if (message.port !== undefined) resolve(message.port)
      transactions.push(...(message.transactions ?? []))
    })
  })
  return { host: '127.0.0.1', port, transactions, close: () => child.disconnect() }
}
