import { json, text, whole } from './codecs.ts'
import { fields } from './contract.ts'
import { SERVICE } from './service.ts'
import { submission } from './submission.ts'
import { CERTIFICATES } from './tls.ts'
import { optional, variable, withDefault } from './variable.ts'

const port = whole(0, 65_535)

/** The settings of the HTTP service. */
export const API = fields({
  ...SERVICE,
  certificates: CERTIFICATES,
  host: withDefault(variable('POSTRIDER_API_HOST', text), '0.0.0.0'),
  port: withDefault(variable('POSTRIDER_API_PORT', port), 1443),
  httpPort: withDefault(variable('POSTRIDER_API_HTTP_PORT', port), 1080),
  /** Public host name of the service, as in its certificate. */
  publicHost: optional(variable('POSTRIDER_API_PUBLIC_HOST', text)),
  submission: variable('POSTRIDER_SUBMISSION', json(submission)),
})
