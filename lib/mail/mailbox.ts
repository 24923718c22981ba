/** The addresses of an address-list field's body (RFC 5322, 3.4): those in angle brackets, else bare ones; groups, comments,
 * quoted strings and obsolete routes are read past. What is no address yields an entry that matches nobody, so that a list with
 * a part we can't read is never taken for one that we can. Never throws. */
export function addressesOf(body: string): string[] {
  const addresses: string[] = []
  for (const mailbox of splitList(body)) {
    const { bare, angles } = mailbox
    if (angles.length === 0 && bare.trim() === '') continue
    // `a@x <b@y>` names b; two pairs of brackets name nobody.
    const address = angles.length > 1 ? `${angles.join('>')}` : (angles[0] ?? bare)
    addresses.push(address.trim().replace(/^@[^:]*:/, ''))
  }
  return addresses
}

interface Mailbox {
  /** Text outside brackets, quotes and comments; quoted strings kept when no brackets follow. */
  bare: string
  angles: string[]
}

function splitList(body: string): Mailbox[] {
  const mailboxes: Mailbox[] = []
  let current: Mailbox = { bare: '', angles: [] }
  let angle: string | undefined
  const finish = (): void => {
    if (angle !== undefined) current.angles.push(`${angle}<`)
    angle = undefined
    mailboxes.push(current)
    current = { bare: '', angles: [] }
  }
  for (let at = 0; at < body.length; at++) {
    const character = body[at] ?? ''
    if (character === '"') {
      const end = endOfQuoted(body, at)
      const quoted = body.slice(at, end + 1)
      if (angle === undefined) current.bare += quoted
      else angle += quoted
      at = end
    } else if (character === '(' && angle === undefined) {
      at = endOfComment(body, at)
    } else if (character === '<' && angle === undefined) {
      angle = ''
    } else if (character === '>' && angle !== undefined) {
      current.angles.push(angle)
      angle = undefined
    } else if ((character === ',' || character === ';') && angle === undefined) {
      finish()
    } else if (character === ':' && angle === undefined && current.angles.length === 0) {
      // The display name of a group.
      current.bare = ''
    } else if (angle === undefined) {
      current.bare += character
    } else {
      angle += character
    }
  }
  finish()
  return mailboxes
}

/** Index of the closing quote, or of the last character when it is missing. */
function endOfQuoted(body: string, start: number): number {
  for (let at = start + 1; at < body.length; at++) {
    if (body[at] === '\\') at++
    else if (body[at] === '"') return at
  }
  return body.length - 1
}

function endOfComment(body: string, start: number): number {
  let depth = 0
  for (let at = start; at < body.length; at++) {
    if (body[at] === '\\') at++
    else if (body[at] === '(') depth++
    else if (body[at] === ')' && --depth === 0) return at
  }
  return body.length - 1
}
