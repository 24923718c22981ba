import { setTimeout as pause } from 'node:timers/promises'
/** Repeats an assertion until it holds; fails with its last error after a generous deadline. */
export async function eventually<T>(check: () => T | Promise<T>, withinMs = 30_000): Promise<T> {
  const deadline = Date.now() + withinMs
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (Date.now() > deadline) throw error
      await pause(25)
    }
  }
}
