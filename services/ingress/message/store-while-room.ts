import { NotStoredError } from '@postrider/queue/accept'

/** A broker whose disk is full does not answer. How long a client waits for room. Milliseconds. */
const FULL_MS = 10_000
const CHECK_MS = 500

/** Resolves or rejects as `stored` does. Rejects with NotStoredError if the queue's disk has no room for FULL_MS. */
export async function storeWhileRoom<T>(stored: Promise<T>, hasRoom: () => boolean): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const full = new Promise<never>((_, reject) => {
    let fullSince: number | undefined
    timer = setInterval(() => {
      if (hasRoom()) fullSince = undefined
      else fullSince ??= performance.now()
      if (fullSince === undefined || performance.now() - fullSince < FULL_MS) return
      reject(new NotStoredError(FULL_MS, { cause: new Error("the queue's disk is full") }))
    }, CHECK_MS)
  })
  try {
    return await Promise.race([stored, full])
  } finally {
    clearInterval(timer)
    // After a NotStoredError of the full disk, a later rejection is not handled anywhere else.
    stored.catch(() => undefined)
  }
}
