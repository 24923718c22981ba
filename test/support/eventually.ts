import type { ChildProcess } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'

/** Repeats an assertion until it holds; fails with its last error after a generous deadline. */
export async function eventually<T>(check: () => T | Promise<T>, withinMs = 30_000): Promise<T> {
  const deadline = performance.now() + withinMs
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (performance.now() > deadline) throw error
      await pause(25)
    }
  }
}

/** Looks again and again; resolves with what it sees as soon as that is enough, or with the last when the time is over. */
export async function poll<T>(
  look: () => T | Promise<T>,
  enough: (seen: T) => boolean,
  { withinMs, everyMs = 50 }: { withinMs: number; everyMs?: number },
): Promise<T> {
  const deadline = performance.now() + withinMs
  for (;;) {
    const seen = await look()
    if (enough(seen) || performance.now() > deadline) return seen
    await pause(everyMs)
  }
}

/** Waits for a program that has been started; throws with its log when it has ended, or the time is over. */
export async function untilReady(
  name: string,
  child: ChildProcess,
  ready: () => boolean | Promise<boolean>,
  { withinMs, log = () => '' }: { withinMs: number; log?: () => string },
): Promise<void> {
  const look = async () => (child.exitCode !== null ? 'ended' : (await ready()) ? 'ready' : 'starts')
  const seen = await poll(look, (state) => state !== 'starts', { withinMs })
  if (seen !== 'ready') throw new Error(`${name} did not get ready:\n${log()}`)
}
