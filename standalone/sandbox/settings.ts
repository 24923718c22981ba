import { text, whole } from '@postrider/contract/codecs'
import { fields } from '@postrider/contract/contract'
import { CERTIFICATE } from '@postrider/contract/tls'
import { variable, withDefault } from '@postrider/contract/variable'

/** What the sandbox is started with. */
export const SANDBOX = fields({
  port: withDefault(variable('POSTRIDER_SANDBOX_PORT', whole(1, 65_535)), 1525),
  /** Where it keeps the mail. */
  folder: variable('POSTRIDER_SANDBOX_FOLDER', text),
  certificate: CERTIFICATE,
})
