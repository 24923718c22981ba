import type { Verdicts } from '@postrider/credential/verdict-cache'
import type { RuntimeConfig } from '@postrider/runtime-config/config'

/** What every handler is given. */
export interface Context {
  /** As it is now. */
  config: () => RuntimeConfig
  verdicts: Verdicts
}
