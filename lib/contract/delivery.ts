import { whole } from './codecs.ts'
import { fields } from './contract.ts'
import { SERVICE } from './service.ts'
import { variable, withDefault } from './variable.ts'

/** What a delivery is started with. */
export const DELIVERY = fields({
  ...SERVICE,
  /** Jobs that are taken at once from each stream. */
  jobsPerStream: withDefault(variable('POSTRIDER_JOBS_A_STREAM', whole(1, 10_000)), 200),
})
