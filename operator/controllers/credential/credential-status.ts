import type { Resource } from '@postrider/resources/kinds'
import type { SMTPCredentialStatus } from '@postrider/resources/status'
import type { PasswordIds } from '../../credentials/rotation.ts'
import { credentialSecretName } from '../../shapes/names.ts'

/** The status fields about generated passwords. Pure. */
export const passwordStatus = (
  { name, spec }: Pick<Resource<'SMTPCredential'>, 'name' | 'spec'>,
  { answered, previous }: PasswordIds,
): SMTPCredentialStatus => ({
  secretName: spec.secretName ?? credentialSecretName(name),
  rotationDone: answered,
  ...(previous === undefined ? {} : { previousValidUntil: new Date(previous.until).toISOString() }),
})

/** When the previous password expires, in milliseconds from now; undefined if there is none. Pure. */
export const previousEndsIn = ({ previous }: PasswordIds, now: number): number | undefined =>
  previous === undefined ? undefined : Math.max(0, previous.until - now)
