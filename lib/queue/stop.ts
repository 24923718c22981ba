/** How far a worker is with a job. `waiting`: the attempt has not begun. `begun`: the worker talks to a remote, which has no content
 * yet. `content`: it sends the content. `final`: it has sent the final dot, or is writing the outcome; from here on the job must be
 * completed. */
export type Phase = 'waiting' | 'begun' | 'content' | 'final'

export interface StopBounds {
  /** How long content may still be sent before it is cut off. Milliseconds since the stop was requested. */
  contentMs: number
  /** How long to wait for the reply to a final dot and for its outcome to be on disk. Milliseconds since the stop was requested. */
  finalMs: number
}

/** What happens to a job when the worker is asked to stop: it goes back to the queue, the worker waits for it, or the process ends
 * without completing it (ambiguous: the remote may have the message). Pure. */
export function atStop(
  phase: Phase,
  elapsedMs: number,
  { contentMs, finalMs }: StopBounds,
): 'give-back' | 'wait' | 'leave' {
  switch (phase) {
    case 'waiting':
    case 'begun':
      return 'give-back'
    case 'content':
      return elapsedMs < contentMs ? 'wait' : 'give-back'
    case 'final':
      return elapsedMs < finalMs ? 'wait' : 'leave'
  }
}

/** How long large content may still be sent at a stop. Milliseconds. */
const CONTENT_MS = 20_000
/** Time between the reply to the final dot and the outcome on disk. Milliseconds. */
const SETTLE_MS = 10_000

/** The bounds of a stop. `finalReplyMs`: how long a remote may take to answer the final dot (RFC 5321, section 4.5.3.2.6). */
export function stopBounds(finalReplyMs: number): StopBounds {
  return { contentMs: CONTENT_MS, finalMs: CONTENT_MS + finalReplyMs + SETTLE_MS }
}

/** How long the process takes to end after that, on a busy machine: connections and last log lines. Milliseconds. */
const EXIT_MS = 15_000

/** How long a delivery process may take to stop, in milliseconds. The kubelet, or whatever stops it, must not kill it earlier: a process
 * that dies between a final dot and its outcome on disk causes a duplicate. An idle process ends within seconds. */
export const deliveryGraceMs = (finalReplyMs: number): number => stopBounds(finalReplyMs).finalMs + EXIT_MS
