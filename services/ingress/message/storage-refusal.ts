import { NotStoredError, RecordRefusedError } from '@postrider/queue/accept'
import { RecordTooLargeError } from '@postrider/queue/record-size'
import { RefusalError } from '@postrider/smtp/refusal'

/** True if the message may be in the queue after all. It then stays counted: else a client that keeps retrying could fill the disk beyond
 * every limit. */
export const mayBeStored = (error: unknown): boolean =>
  (error instanceof NotStoredError || error instanceof RecordRefusedError) && error.left !== 'nothing'

/** The reply to the client for an error of storing; undefined for any other error. */
export function storageRefusal(error: unknown): RefusalError | undefined {
  if (error instanceof NotStoredError) {
    return new RefusalError(451, '4.3.0', 'the queue is not available; try again later', 'queue-unavailable', {
      cause: error,
    })
  }
  if (error instanceof RecordTooLargeError) {
    const text =
      error.what === 'envelope'
        ? 'the recipients and their DSN parameters are too large for one message; send it to fewer recipients at a time'
        : 'the message is larger than the queue can store; send a smaller one'
    return new RefusalError(552, '5.3.4', text, 'size', { cause: error })
  }
  if (error instanceof RecordRefusedError) {
    const text = 'the queue cannot store this message; contact the administrator of this mail platform'
    return new RefusalError(554, '5.3.0', text, 'internal', { cause: error })
  }
  return undefined
}
