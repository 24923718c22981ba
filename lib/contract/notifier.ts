import { text } from './codecs.ts'
import { fields } from './contract.ts'
import { PLATFORM_KEY_FILE, SERVICE } from './service.ts'
import { optional, variable } from './variable.ts'

/** The settings of the notifier. */
export const NOTIFIER = fields({
  ...SERVICE,
  /** SQLite file of the message log. */
  logFile: variable('POSTRIDER_LOG_FILE', text),
  /** Without this key, notices are not signed. */
  platformKeyFile: optional(PLATFORM_KEY_FILE),
})
