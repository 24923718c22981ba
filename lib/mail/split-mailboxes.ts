/** One member of an address list, split at the commas and semicolons outside quotes, comments and brackets. */
export interface Mailbox {
  /** As written in the field. */
  raw: string
  /** The text outside brackets and comments, quoted strings with their quotes: the address when there are no brackets. */
  text: string
  /** The same text without the quoted strings. */
  name: string
  /** The text inside each pair of angle brackets. */
  angles: string[]
  /** The text after the first pair of angle brackets. */
  after: string
  /** The group's name before the colon, when a group begins here. */
  group?: string
  /** A comment contains angle brackets. */
  oddComment: boolean
}

/** Splits an address list (RFC 5322, 3.4); undefined when a quote, comment or bracket is not closed. */
export function splitMailboxes(body: string): Mailbox[] | undefined {
  const mailboxes: Mailbox[] = []
  let current = newMailbox()
  for (let at = 0; at < body.length;) {
    const end = endOfToken(body, at)
    if (end === undefined) return undefined
    const token = body.slice(at, end)
    at = end
    if (token === ',' || token === ';') {
      mailboxes.push(current)
      current = newMailbox()
    } else {
      take(current, token)
    }
  }
  return [...mailboxes, current]
}

/** The first quote, parenthesis or bracket that is not closed; undefined when all are closed. */
export function unclosedIn(body: string): string | undefined {
  for (let at = 0; at < body.length;) {
    const end = endOfToken(body, at)
    if (end === undefined) return body[at]
    at = end
  }
  return undefined
}

const newMailbox = (): Mailbox => ({ raw: '', text: '', name: '', angles: [], after: '', oddComment: false })

function take(mailbox: Mailbox, token: string): void {
  mailbox.raw += token
  if (token.startsWith('(')) {
    if (/[<>]/.test(token)) mailbox.oddComment = true
    // A space, so that text on both sides of a comment is not joined.
    token = ' '
  }
  if (token.startsWith('<')) {
    mailbox.angles.push(token.slice(1, -1))
  } else if (mailbox.angles.length > 0) {
    mailbox.after += token
  } else if (token === ':') {
    mailbox.group = (mailbox.group ?? '') + mailbox.text
    mailbox.text = ''
    mailbox.name = ''
  } else {
    mailbox.text += token
    if (!token.startsWith('"')) mailbox.name += token
  }
}

/** The end of the token at `start`: a quoted string, a comment, a pair of brackets with its content, a single special character, or a
 * run of other text. Undefined when it is not closed. */
function endOfToken(body: string, start: number): number | undefined {
  switch (body[start]) {
    case '"':
      return endOfQuoted(body, start)
    case '(':
      return endOfComment(body, start)
    case '<':
      return endOfAngle(body, start)
    case ',':
    case ';':
    case ':':
      return start + 1
    default:
      SPECIAL.lastIndex = start + 1
      return SPECIAL.exec(body)?.index ?? body.length
  }
}

const SPECIAL = /["(<,;:]/g

/** Offset after the quoted string at `start`; undefined when it is not closed. */
export function endOfQuoted(body: string, start: number): number | undefined {
  for (let at = start + 1; at < body.length; at++) {
    if (body[at] === '\\') at++
    else if (body[at] === '"') return at + 1
  }
  return undefined
}

/** Like endOfQuoted, for a comment. Comments nest. */
export function endOfComment(body: string, start: number): number | undefined {
  let depth = 0
  for (let at = start; at < body.length; at++) {
    if (body[at] === '\\') at++
    else if (body[at] === '(') depth++
    else if (body[at] === ')' && --depth === 0) return at + 1
  }
  return undefined
}

function endOfAngle(body: string, start: number): number | undefined {
  for (let at = start + 1; at < body.length;) {
    if (body[at] === '>') return at + 1
    const next = body[at] === '"' ? endOfQuoted(body, at) : at + 1
    if (next === undefined) return undefined
    at = next
  }
  return undefined
}
