/** A queue id is not known: only the message is shown, with exit code 1. */
export class UnknownMessageError extends Error {
  override readonly name = 'UnknownMessageError'
  constructor(id: string) {
    super(`${id} is not known: it was never accepted here, or its placeholder has expired`)
  }
}

/** There is no such record in the quarantine: only the message is shown, with exit code 1. */
export class UnknownRecordError extends Error {
  override readonly name = 'UnknownRecordError'
  constructor(number: number) {
    super(`there is no record ${number} in the quarantine: it was retried or dropped, or never existed`)
  }
}
