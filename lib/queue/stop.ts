/** How far a worker is with a job. `waiting`: it has not begun. `begun`: it talks to a remote, which has no content yet. `content`: it
 * sends the content. `final`: the final dot has been sent, or the outcome is being written; from here on only the end is right. */
export type Phase = 'waiting' | 'begun' | 'content' | 'final'

export interface StopBounds {
  /** How long a content may still be sent before it is cut off. Milliseconds since the stop was asked for. */
  contentMs: number
  /** How long the reply to a final dot, and its outcome on disk, are waited for. */
  finalMs: number
}

/** What happens to a job when the worker is asked to stop: it goes back to the queue, the worker waits for it, or the process ends
 * without it (an ambiguous end: the remote may have the message). Pure. */
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

/** A large content gets this long to be finished at a stop. */
const CONTENT_MS = 20_000
/** From the final dot's reply to the outcome on disk, and the end of the process. */
const SETTLE_MS = 10_000

/** `finalReplyMs`: how long a remote may take to answer the final dot (RFC 5321, section 4.5.3.2.6). */
export function stopBounds(finalReplyMs: number): StopBounds {
  return { contentMs: CONTENT_MS, finalMs: CONTENT_MS + finalReplyMs + SETTLE_MS }
}

/** What the rest of the process takes to end: its connections, its last log lines, on a busy machine. */
const EXIT_MS = 15_000

/** How long a delivery process may take to stop. Whoever stops it, and the kubelet is one, must not kill it before: a process that dies
 * after a final dot and before its outcome is on disk makes a duplicate. An idle one ends within seconds. */
export const deliveryGraceMs = (finalReplyMs: number): number => stopBounds(finalReplyMs).finalMs + EXIT_MS
