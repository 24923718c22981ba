import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { piecesOf } from './script.ts'
import type { Action } from './script.ts'

/** Octets that a flood may be ahead of the client. */
const MAX_AHEAD = 256 * 1024

/** Says what the action says, and does to the connection what it does. */
export async function speak(socket: Socket, action: Action): Promise<void> {
  const { delayMs = 0, dripMs, everyMs = 0, then = 'continue' } = action
  await wait(delayMs)
  let first = true
  for (const piece of repeated(action)) {
    if (!first) await wait(everyMs)
    first = false
    for (const octets of dripMs === undefined ? [piece] : piece) {
      if (!socket.writable) return
      await write(socket, octets)
      await wait(dripMs ?? 0)
    }
  }
  if (then === 'close') socket.end()
  else if (then === 'abrupt') socket.destroy()
  else if (then === 'reset') socket.resetAndDestroy()
  else if (then === 'stall') socket.pause()
}

function* repeated(action: Action): Iterable<string> {
  const pieces = piecesOf(action)
  for (let time = 0; time < (action.repeat ?? 1); time++) yield* pieces
}

/** Does not keep the process of a test that is over. */
async function wait(ms: number): Promise<void> {
  if (ms > 0) await pause(ms, undefined, { ref: false })
}

async function write(socket: Socket, octets: string): Promise<void> {
  const room = octets === '' || socket.write(octets, 'latin1')
  if (room || socket.writableLength < MAX_AHEAD) return
  await new Promise<void>((resolve) => {
    const go = (): void => {
      socket.off('drain', go).off('close', go)
      resolve()
    }
    socket.once('drain', go).once('close', go)
  })
}
