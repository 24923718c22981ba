import type { Taken } from '@postrider/queue/take'

/** The job is no longer this worker's, and nothing is to be written about it. */
export interface LetGo {
  letGo: true
}

/** Ends an attempt whose job is no longer this worker's, whatever it was doing. */
export class JobLetGoError extends Error {
  override readonly name = 'JobLetGoError'
  constructor() {
    super('the job is no longer held by this worker')
  }
}

/** Throws JobLetGoError when the job was given back, or its lease was lost. */
export function stillOurs({ over }: Pick<Taken, 'over'>): void {
  if (over) throw new JobLetGoError()
}
