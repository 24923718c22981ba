import { whole } from './codecs.ts'
import { fields } from './contract.ts'
import { SERVICE } from './service.ts'
import { variable, withDefault } from './variable.ts'

/** The settings of delivery. */
export const DELIVERY = fields({
  ...SERVICE,
  /** Maximum number of jobs in flight from each stream. */
  jobsPerStream: withDefault(variable('POSTRIDER_JOBS_A_STREAM', whole(1, 10_000)), 200),
})
