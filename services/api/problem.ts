/** A request is refused, with the problem details that the client gets (RFC 9457). The text says how to fix the request. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  /** HTTP status code (RFC 9110, 15). */
  readonly status: number
  /** Further header fields of the answer. */
  readonly headers: Record<string, string>
  constructor(status: number, text: string, headers: Record<string, string> = {}, options?: ErrorOptions) {
    super(text, options)
    this.status = status
    this.headers = headers
  }
}
