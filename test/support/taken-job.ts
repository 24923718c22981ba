import type { Job } from '@postrider/queue/job'
import type { Taken } from '@postrider/queue/take'
import { envelope } from './envelope.ts'

export const job = (given: Partial<Job> = {}): Job => ({
  envelope: envelope({ id: 'q1' }),
  part: 0,
  attempt: 0,
  destination: 'remote.test',
  content: { stream: 'MAIL_0', seq: 1, parts: [] },
  ...given,
})

/** A job in the hand of a worker whose lease holds; what is done with it goes into `story`. */
export function takenJob(of: Job, story: string[] = [], given: Partial<Taken> = {}): Taken {
  return {
    job: of,
    stream: 'JOBS',
    suspect: false,
    deliveries: 1,
    since: 500,
    over: false,
    inFlight: true,
    proven: true,
    begin: () => true,
    content: () => undefined,
    confirmBeforeDot: () => void story.push('confirm before the dot'),
    finalDot: () => Promise.resolve(true),
    settling: () => true,
    ack: () => void story.push('ack'),
    postpone: (delayMs) => void story.push(`postpone ${delayMs}`),
    setAside: () => undefined,
    leaveToOther: () => void story.push('leave to other'),
    onCut: () => () => undefined,
    ...given,
  }
}
