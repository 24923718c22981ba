import type { ProtectionConfig } from '@postrider/runtime-config/protection'

/** What a session is waiting for: a command, content, or the server (`ours`). */
export type Stage = 'ours' | 'command' | 'content'

/** The progress of a session at one time. */
export interface Moment {
  stage: Stage
  /** Complete commands received so far. */
  commands: number
  /** Octets received on the connection so far. */
  octets: number
  /** Milliseconds, monotonic. */
  now: number
}

/** What a client must send in each `contentMs` while its content arrives; a modem of 1200 baud is faster. Octets. */
export const MIN_CONTENT = 16 * 1024

/** Returns 'slow' if the session has made too little progress since earlier calls. */
export type Pace = (moment: Moment, settings: ProtectionConfig) => 'slow' | undefined

/** Detects a client that keeps a session open by sending very slowly, such as an octet a second, which an idle timeout does not notice. It
 * measures the time until a command is complete (RFC 5321, 4.5.3.2.7) and the octets of content received in a time (4.5.3.2.5). */
export function createPace(): Pace {
  let before: Moment = { stage: 'ours', commands: 0, octets: 0, now: 0 }
  return (moment, { commandMs, contentMs }) => {
    const { stage, commands, octets, now } = moment
    if (stage === 'ours' || stage !== before.stage || commands !== before.commands) {
      before = moment
      return undefined
    }
    if (stage === 'command') return now - before.now >= commandMs ? 'slow' : undefined
    if (now - before.now < contentMs) return undefined
    if (octets - before.octets < MIN_CONTENT) return 'slow'
    before = moment
    return undefined
  }
}
