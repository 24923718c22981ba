import { connect as connectTcp } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { mutate } from './mutate.ts'
import type { Random } from './random.ts'

export interface Door {
  port: number
  tls: boolean
  /** Loopback address that the sessions come from. */
  from: string
  seeds: readonly [string, ...string[]]
}

/** A session that got no answer any more is left after this long. Milliseconds. */
const SILENCE_MS = 60

/** Holds so many mutated sessions, some at a time. What the server answers does not matter here, only that it goes on. */
export async function fuzzSessions(door: Door, sessions: number, atOnce: number, random: Random): Promise<void> {
  let left = sessions
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (left-- > 0) await holdOne(door, mutate(random.pick(door.seeds), random, door.seeds), random)
    }),
  )
}

/** Writes the octets in pieces, cut anywhere; over when the server closes or has nothing more to say. */
function holdOne({ port, tls, from }: Door, script: string, random: Random): Promise<void> {
  const target = { host: '127.0.0.1', port, localAddress: from }
  const socket: Socket = tls ? connectTls({ ...target, rejectUnauthorized: false }) : connectTcp(target)
  return new Promise((resolve) => {
    let silence: NodeJS.Timeout | undefined
    const end = (): void => {
      clearTimeout(silence)
      socket.destroy()
      resolve()
    }
    const wait = (): void => {
      clearTimeout(silence)
      silence = setTimeout(end, SILENCE_MS)
    }
    socket.once('close', end)
    socket.on('error', end)
    socket.on('data', wait)
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      const octets = Buffer.from(script, 'latin1')
      const cut = random.whole(octets.length + 1)
      socket.write(octets.subarray(0, cut))
      setImmediate(() => {
        if (!socket.destroyed) socket.write(octets.subarray(cut))
        wait()
      })
    })
  })
}
