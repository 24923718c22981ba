import { text, whole } from '@postrider/contract/codecs'
import { fields } from '@postrider/contract/contract'
import { CERTIFICATE } from '@postrider/contract/tls'
import { variable, withDefault } from '@postrider/contract/variable'

/** The settings in the environment of the sandbox. */
export const SANDBOX = fields({
  port: withDefault(variable('POSTRIDER_SANDBOX_PORT', whole(1, 65_535)), 1525),
  /** The folder for received mail. */
  folder: variable('POSTRIDER_SANDBOX_FOLDER', text),
  certificate: CERTIFICATE,
})
