/** An error that the user can fix. The command prints only its message and exits with code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
