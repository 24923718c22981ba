import type { Broker } from '@postrider/broker/connection'
import { isTemporary } from '@postrider/broker/temporary'
import type { Trouble } from '@postrider/service/trouble'

/** How much of each stream is in the log. */
export interface Progress {
  /** Reports that the records of a stream up to `seq` are in the log. */
  reached(stream: string, seq: number): void
  /** True once the log contains everything that was in the streams at the start. */
  readonly caughtUp: boolean
  stop(): void
}

/** Interval between requests for the ends of the streams. */
const POLL_MS = 500

/**
 * Determines when the log has caught up with the streams: it asks the leader of each stream for the last sequence number, repeatedly, and
 * keeps the lowest answer. Only the leader knows it: a consumer on a replica that lags reports nothing pending long before the log is
 * complete. The lowest answer counts, so that a record that is deleted meanwhile is not waited for.
 *
 * `lastOf` resolves with the last sequence number of a stream. `positions`: the last sequence number in the log, by stream.
 */
export function watchProgress(
  lastOf: (stream: string) => Promise<number>,
  positions: Map<string, number>,
  trouble: Trouble,
  pollMs: number = POLL_MS,
): Progress {
  const reached = new Map(positions)
  const goals = new Map<string, number>()

  const isDone = (stream: string): boolean => (reached.get(stream) ?? 0) >= (goals.get(stream) ?? Infinity)

  async function poll(): Promise<void> {
    let unanswered = 0
    for (const stream of positions.keys()) {
      if (isDone(stream)) continue
      const last = await lastOf(stream).catch((error: unknown) => {
        // The next poll asks again.
        trouble.failed(error)
        unanswered++
      })
      if (last !== undefined) goals.set(stream, Math.min(goals.get(stream) ?? Infinity, last))
    }
    if (unanswered === 0) trouble.over()
    if ([...positions.keys()].every(isDone)) clearInterval(timer)
  }

  let polling = false
  const pollOnce = (): void => {
    if (polling) return
    polling = true
    void poll().finally(() => (polling = false))
  }
  const timer = setInterval(pollOnce, pollMs).unref()
  pollOnce()
  return {
    reached: (stream, seq) => void reached.set(stream, Math.max(seq, reached.get(stream) ?? 0)),
    get caughtUp() {
      return [...positions.keys()].every(isDone)
    },
    stop: () => clearInterval(timer),
  }
}

/** Asks the leader for the sequence number of the last record of a subject; 0 if there is none. Rejects if the leader cannot answer now. */
export async function lastRecord({ jsm }: Pick<Broker, 'jsm'>, stream: string, subject: string): Promise<number> {
  try {
    const last = await jsm.streams.getMessage(stream, { last_by_subj: subject })
    return last?.seq ?? 0
  } catch (error) {
    if (isTemporary(error)) throw error
    // With the accounts of an earlier release, the broker does not permit this request. The last record of any subject counts then.
    return (await jsm.streams.info(stream)).state.last_seq
  }
}
