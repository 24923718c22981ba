import type { Login } from '@postrider/authentication/login'
import type { Submission } from '@postrider/contract/submission'
import type { RuntimeConfig } from '@postrider/runtime-config/config'

/** The dependencies of every handler. */
export interface Context {
  /** The current configuration. */
  config: () => RuntimeConfig
  login: Login
  /** Host and ports of submission. */
  submission: Submission
  /** The public host name of this service, which its certificate is for. */
  publicHost?: string | undefined
  /** Signs a content with the key of the platform's certificate, as CMS signed data (RFC 5652). */
  sign: (content: Buffer) => Buffer
}
