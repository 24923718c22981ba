import { NotStoredError } from '@postrider/queue/accept'

/** A broker whose disk is full does not answer. A client waits no longer than this for room. Milliseconds. */
const FULL_MS = 10_000
const LOOK_MS = 500

/** Waits for a message to be stored for as long as the queue's disk has room; rejects with NotStoredError when it has had none for a while. */
export async function storeWhileRoom<T>(stored: Promise<T>, hasRoom: () => boolean): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const full = new Promise<never>((_, reject) => {
    let fullSince: number | undefined
    timer = setInterval(() => {
      if (hasRoom()) fullSince = undefined
      else fullSince ??= performance.now()
      if (fullSince === undefined || performance.now() - fullSince < FULL_MS) return
      reject(new NotStoredError(FULL_MS, { cause: new Error("the queue's disk is full") }))
    }, LOOK_MS)
  })
  try {
    return await Promise.race([stored, full])
  } finally {
    clearInterval(timer)
    // When the disk decided, nobody waits for this any longer.
    stored.catch(() => undefined)
  }
}
