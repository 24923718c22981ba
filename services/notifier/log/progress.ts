import type { Broker } from '@postrider/broker/connection'
import { isTemporary } from '@postrider/broker/temporary'
import type { Trouble } from '@postrider/service/trouble'

/** How far the log has come in each stream. */
export interface Progress {
  /** Records up to this one are in the log. */
  reached(stream: string, seq: number): void
  /** True once all that was in the streams at the start is in the log. */
  readonly caughtUp: boolean
  stop(): void
}

const LOOK_MS = 500

/**
 * Knows where each stream ended at the start. Only the leader of a stream knows: a consumer of a replica that lags has nothing
 * pending long before the log is complete. A record that is deleted meanwhile is not waited for.
 */
export function watchProgress(
  lastOf: (stream: string) => Promise<number>,
  positions: Map<string, number>,
  trouble: Trouble,
  lookMs: number = LOOK_MS,
): Progress {
  const reached = new Map(positions)
  const goals = new Map<string, number>()

  const isDone = (stream: string): boolean => (reached.get(stream) ?? 0) >= (goals.get(stream) ?? Infinity)

  async function look(): Promise<void> {
    let unanswered = 0
    for (const stream of positions.keys()) {
      if (isDone(stream)) continue
      const last = await lastOf(stream).catch((error: unknown) => {
        // It is asked again.
        trouble.failed(error)
        unanswered++
      })
      if (last !== undefined) goals.set(stream, Math.min(goals.get(stream) ?? Infinity, last))
    }
    if (unanswered === 0) trouble.over()
    if ([...positions.keys()].every(isDone)) clearInterval(timer)
  }

  let looking = false
  const again = (): void => {
    if (looking) return
    looking = true
    void look().finally(() => (looking = false))
  }
  const timer = setInterval(again, lookMs).unref()
  again()
  return {
    reached: (stream, seq) => void reached.set(stream, Math.max(seq, reached.get(stream) ?? 0)),
    get caughtUp() {
      return [...positions.keys()].every(isDone)
    },
    stop: () => clearInterval(timer),
  }
}

/** Asks the leader for the sequence number of the last record of a subject; 0 when there is none. */
export async function lastRecord({ jsm }: Pick<Broker, 'jsm'>, stream: string, subject: string): Promise<number> {
  try {
    const last = await jsm.streams.getMessage(stream, { last_by_subj: subject })
    return last?.seq ?? 0
  } catch (error) {
    if (isTemporary(error)) throw error
    // A broker with the accounts of an earlier release does not let the notifier ask: then any record counts.
    return (await jsm.streams.info(stream)).state.last_seq
  }
}
