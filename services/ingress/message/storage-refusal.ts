import { NotStoredError, RecordRefusedError } from '@postrider/queue/accept'
import { RecordTooLargeError } from '@postrider/queue/record-size'
import { RefusalError } from '@postrider/smtp/refusal'

/** What is perhaps in the queue counts: else a client that tries again and again fills the disk beyond each limit. */
export const isPerhapsKept = (error: unknown): boolean =>
  (error instanceof NotStoredError || error instanceof RecordRefusedError) && error.left !== 'nothing'

/** The client's reply when the message is not in the queue; undefined when something else failed. */
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
