import { fork } from 'node:child_process'
import { join } from 'node:path'
import type { Transaction } from './receiver-process.ts'

export interface FaultReceiver {
  host: string
  port: number
  /** Where slow mail goes. */
  slowPort: number
  /** All transactions so far, once they are answered; some 20 ms late. */
  transactions: Transaction[]
  close(): void
}

/** Starts the receiver's process. */
export async function startFaultReceiver(): Promise<FaultReceiver> {
  const child = fork(join(import.meta.dirname, 'receiver-process.ts'), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const transactions: Transaction[] = []
  const { port, slowPort } = await new Promise<{ port: number; slowPort: number }>((resolve, reject) => {
    child.once('exit', () => reject(new Error('the receiver ended')))
    child.on('message', (message: { port?: number; slowPort?: number; transactions?: Transaction[] }) => {
      const { port, slowPort } = message
      if (port !== undefined && slowPort !== undefined) resolve({ port, slowPort })
      transactions.push(...(message.transactions ?? []))
    })
  })
  return { host: '127.0.0.1', port, slowPort, transactions, close: () => child.disconnect() }
}
