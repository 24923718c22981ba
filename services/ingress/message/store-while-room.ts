/** A broker whose disk is full does not answer. How long a client waits for room. Milliseconds. */
const FULL_MS = 10_000
const CHECK_MS = 500

/** Stores a message, and gives that up by the signal when the queue's disk has no room for FULL_MS. Resolves or rejects as `store` does: a
 * message that is given up is withdrawn before the client is answered. */
export async function storeWhileRoom<T>(store: (full: AbortSignal) => Promise<T>, hasRoom: () => boolean): Promise<T> {
  const full = new AbortController()
  let fullSince: number | undefined
  const timer = setInterval(() => {
    if (hasRoom()) fullSince = undefined
    else fullSince ??= performance.now()
    if (fullSince === undefined || performance.now() - fullSince < FULL_MS) return
    full.abort(new Error("the queue's disk is full"))
  }, CHECK_MS)
  try {
    return await store(full.signal)
  } finally {
    clearInterval(timer)
  }
}
