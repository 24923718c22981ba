/** The person at the keyboard can fix it: the message alone is shown, with exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
