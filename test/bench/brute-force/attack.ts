import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Share } from './guesser-process.ts'
import { add, noCounts } from './outcome.ts'
import type { Counts } from './outcome.ts'

export interface AttackOptions {
  port: number
  username: string
  /** Of all addresses together. */
  guesses: number
  addresses: string[]
}

const PROCESSES = 2
/** Of an address, at a time. */
const CONNECTIONS = 3

/** Guesses as fast as they are answered; resolves when all are. */
export async function attack({ port, username, guesses, addresses }: AttackOptions): Promise<Counts> {
  const counts = noCounts()
  await Promise.all(
    Array.from({ length: PROCESSES }, async (_, process) => {
      const share: Share = {
        port,
        username,
        addresses: addresses.filter((_address, index) => index % PROCESSES === process),
        guesses: Math.ceil(guesses / addresses.length),
        connections: CONNECTIONS,
      }
      const child = fork(join(import.meta.dirname, 'guesser-process.ts'), [JSON.stringify(share)])
      child.once('message', (message) => add(counts, message as Counts))
      const [code] = (await once(child, 'exit')) as [number | null]
      if (code !== 0) throw new Error(`a guesser process ended with ${code ?? 'a signal'}`)
    }),
  )
  return counts
}
