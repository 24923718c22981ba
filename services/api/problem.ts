/** Why a request is refused, told to the client as RFC 9457 says. The text tells what to do about it. */
export class Problem extends Error {
  override readonly name = 'Problem'
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
