/** Why a request is refused, as sent to the client (RFC 9457). The text says what to do about it. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  /** HTTP status code (RFC 9110, 15). */
  readonly status: number
  /** Further fields of the answer. */
  readonly headers: Record<string, string>
  constructor(status: number, text: string, headers: Record<string, string> = {}, options?: ErrorOptions) {
    super(text, options)
    this.status = status
    this.headers = headers
  }
}
