import { BROKER } from './broker.ts'
import { text, whole } from './codecs.ts'
import { PROCESS } from './process.ts'
import { variable, withDefault } from './variable.ts'

/** The settings of every service. */
export const SERVICE = {
  ...PROCESS,
  broker: BROKER,
  /** Number of MAIL streams. */
  shards: withDefault(variable('POSTRIDER_SHARDS', whole(1, 64)), 4),
}

/** File with the platform key, which unseals the DKIM keys. */
export const PLATFORM_KEY_FILE = variable('POSTRIDER_PLATFORM_KEY_FILE', text)
