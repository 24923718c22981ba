import type { ProtectionConfig } from '@postrider/runtime-config/protection'

/** What a session is at. `ours`: the client waits for us. */
export type Stage = 'ours' | 'command' | 'content'

export interface Moment {
  stage: Stage
  /** Commands that were complete so far. */
  commands: number
  /** Octets of the content that is arriving. */
  octets: number
  /** Milliseconds since the epoch. */
  now: number
}

/** What a client must send while content arrives, in each `contentMs`: less than a modem of 1200 baud would. Octets. */
export const MIN_CONTENT = 16 * 1024

export type Pace = (moment: Moment, settings: ProtectionConfig) => 'slow' | undefined

/** Whether a client keeps a session open by drops. An idle timeout does not notice one that sends an octet a second: what counts
 * is the time to a whole command (RFC 5321, 4.5.3.2.7), and what has arrived of a content (4.5.3.2.5). */
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
