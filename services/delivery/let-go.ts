import type { Taken } from '@postrider/queue/take'

/** The worker has given up the job: its lease was lost, or it was given back. The worker must not write anything about it. */
export interface LetGo {
  letGo: true
}

/** Aborts an attempt at any step, because this worker no longer has the lease on the job. */
export class JobLetGoError extends Error {
  override readonly name = 'JobLetGoError'
  constructor() {
    super('this worker no longer has the lease on the job')
  }
}

/** Throws JobLetGoError if the job was given back or its lease was lost. */
export function stillOurs({ over }: Pick<Taken, 'over'>): void {
  if (over) throw new JobLetGoError()
}
