import { createConnection } from 'node:net'
import process from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { visitSlowly } from './slow.ts'
import type { SlowKind, Target } from './slow.ts'

/** A share of the attackers, in a process of their own until its parent goes or says so. */
export interface Share {
  target: Target
  /** What each is at; 'idle' says nothing. */
  kinds: (SlowKind | 'idle')[]
  /** Of this process: the third octet from the left of its addresses, 127.N.y.z. */
  network: number
  oneAddress: boolean
  /** Connections a second until all are there. */
  arrivals: number
}

/** An attacker who was thrown out is back after so long: at once, but not faster than a machine can be asked to. */
const AGAIN_MS = 1000

const share = JSON.parse(process.argv[2] ?? '{}') as Share
process.once('disconnect', () => process.exit())

const addressOf = (index: number): string =>
  share.oneAddress ? '127.99.0.1' : `127.${share.network}.${index >> 7}.${(index % 128) + 1}`

function visitIdly(port: number, localAddress: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port, localAddress })
    // What the server says on the clear port has to be read, or its end is not noticed.
    socket.resume()
    socket.on('error', () => undefined).once('close', () => resolve())
  })
}

async function attack(kind: SlowKind | 'idle', index: number): Promise<never> {
  const { submissions, submission } = share.target
  for (;;) {
    const from = addressOf(index)
    // A visit that fails is over, whatever the reason.
    if (kind !== 'idle') await visitSlowly(kind, share.target, from).catch(() => undefined)
    else await visitIdly(index % 2 === 0 ? submissions : submission, from)
    await pause(AGAIN_MS)
  }
}

for (const [index, kind] of share.kinds.entries()) {
  void attack(kind, index)
  await pause(1000 / share.arrivals)
}
