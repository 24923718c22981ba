import type { Login } from '@postrider/authentication/login'
import type { Submission } from '@postrider/contract/submission'
import type { RuntimeConfig } from '@postrider/runtime-config/config'

/** What every handler is given. */
export interface Context {
  /** As it is now. */
  config: () => RuntimeConfig
  login: Login
  /** Where mail is submitted. */
  submission: Submission
  /** Name under which this service is reached from anywhere, by its certificate. */
  publicHost?: string | undefined
  /** A content with a signature of the platform's certificate around it (CMS). */
  sign: (content: Buffer) => Buffer
}
