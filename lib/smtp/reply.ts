/** A reply of an SMTP server (RFC 5321, 4.2). */
export interface Reply {
  code: number
  /** The reply on one line, with its code: lines are joined by a space, and the codes of further lines are dropped. */
  text: string
  /** The lines as received, one character per octet; over-long ones are shortened. */
  lines: string[]
}

/** Whether the code is 2xx (RFC 5321, 4.2.1: a client decides by the first digit). */
export const succeeded = ({ code }: Pick<Reply, 'code'>): boolean => code >= 200 && code < 300
/** Whether the code is 3xx: the client continues with the content. */
export const goesOn = ({ code }: Pick<Reply, 'code'>): boolean => code >= 300 && code < 400
/** Whether the code is 4xx or 5xx. Any other code (000, 1xx, 6xx to 9xx) is undefined: neither a success nor a refusal. */
export const isRefusal = ({ code }: Pick<Reply, 'code'>): boolean => code >= 400 && code < 600
