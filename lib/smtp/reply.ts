/** A reply of an SMTP server (RFC 5321, 4.2). */
export interface Reply {
  code: number
  /** On one line, with the code: lines joined by a space, the codes of the lines after the first dropped. */
  text: string
  /** As they came, one character an octet, over-long ones shortened. */
  lines: string[]
}

/** 2xx and nothing else (RFC 5321, 4.2.1: a client decides by the first digit). */
export const succeeded = ({ code }: Pick<Reply, 'code'>): boolean => code >= 200 && code < 300
/** 3xx: go on with the content. */
export const goesOn = ({ code }: Pick<Reply, 'code'>): boolean => code >= 300 && code < 400
/** 4xx or 5xx. What is neither of the three (000, 1xx, 6xx to 9xx) is not defined: it is neither a success nor final. */
export const isRefusal = ({ code }: Pick<Reply, 'code'>): boolean => code >= 400 && code < 600
