import type { Verification } from '@postrider/sender-verification/verification'
import { expiresAt } from '@postrider/sender-verification/verification'
import type { SenderAddressStatus } from '@postrider/resources/status'
import type { StoredResource } from '../../stored-resource.ts'

/** The verification as the status of a SenderAddress has it; undefined before anything was written. */
export function verificationOf({ status }: Pick<StoredResource<'SenderAddress'>, 'status'>): Verification | undefined {
  if (status.claim === undefined) return undefined
  return given({
    claim: status.claim,
    codeID: status.codeID,
    codeSentAt: moment(status.codeSentAt),
    messageID: status.codeMessageID,
    pendingID: status.pendingID,
    attempts: status.attempts ?? 0,
    tried: status.tried,
    resendDone: status.resendDone,
    verifiedAt: moment(status.verifiedAt),
    proof: status.proof,
  })
}

/** The part of the status that `verificationOf` reads back, with fields for people. */
export const statusOf = (known: Verification): Partial<SenderAddressStatus> =>
  given({
    claim: known.claim,
    codeID: known.codeID,
    codeSentAt: text(known.codeSentAt),
    codeExpiresAt: text(expiresAt(known)),
    codeMessageID: known.messageID,
    pendingID: known.pendingID,
    attempts: known.attempts,
    tried: known.tried,
    resendDone: known.resendDone,
    verifiedAt: text(known.verifiedAt),
    proof: known.proof,
  })

const moment = (time: string | undefined): number | undefined => (time === undefined ? undefined : Date.parse(time))
const text = (at: number | undefined): string | undefined => (at === undefined ? undefined : new Date(at).toISOString())

type Given<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> }

function given<T extends object>(fields: T): Given<T> & Pick<T, RequiredKeys<T>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T> &
    Pick<T, RequiredKeys<T>>
}
type RequiredKeys<T> = { [Key in keyof T]: undefined extends T[Key] ? never : Key }[keyof T]
