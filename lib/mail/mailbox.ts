import { splitMailboxes } from './split-mailboxes.ts'
import type { Mailbox } from './split-mailboxes.ts'

/** The addresses of an address-list field's body, unfolded (RFC 5322, 3.4). Names, groups, comments, quoted strings and encoded
 * words are read past.
 *
 * Whoever may send as one address must not get another one shown, so this is strict where readers differ: what is allowed by
 * the letter but taken for something else by some (routes, text after the brackets, a second `@` outside quotes, encoded words
 * in an address) yields `unreadable: ...`, which is not an address and matches no pattern. Never throws. */
export function addressesOf(body: string): string[] {
  const mailboxes = splitMailboxes(body)

  if (mailboxes === undefined || /[\u0000-\u0008\u000a-\u001f\u007f]/.test(body)) return [unreadable(body)]
  return mailboxes.flatMap((mailbox) => {
    if (isEmpty(mailbox)) return []
    return [addressOf(mailbox) ?? unreadable(mailbox.raw)]
  })
}

/** A group whose name could be taken for an address counts even when it is empty. */
const isEmpty = (mailbox: Mailbox): boolean =>
  mailbox.text.trim() === '' && mailbox.angles.length === 0 && !beginsOddGroup(mailbox)

const beginsOddGroup = ({ group = '' }: Mailbox): boolean => group.includes('@')

// The space keeps it from being an address, whatever follows.
const unreadable = (raw: string): string => `unreadable: ${raw.trim().slice(0, 200)}`

function addressOf(mailbox: Mailbox): string | undefined {
  const { name, text, angles, after, oddComment } = mailbox
  if (oddComment || angles.length > 1 || after.trim() !== '' || beginsOddGroup(mailbox)) return undefined
  const [angle] = angles
  // No more than that: other kinds of space are not seen, and are part of an address.
  const address = (angle ?? text).replace(/^[ \t]+|[ \t]+$/g, '')
  if (angle !== undefined && !isName(name, address)) return undefined
  return isPlain(address) ? address : undefined
}

/** A display name may hold an `@` inside quotes or encoded words, or be the address itself: many programs write it twice. */
function isName(name: string, address: string): boolean {
  const outside = name.replace(/=\?[^?\s]*\?[^?\s]*\?[^?\s]*\?=/g, '').trim()
  return !outside.includes('@') || outside.toLowerCase() === address.toLowerCase()
}

/** What a decoder may take for one, its end missing or not (RFC 2047, 2). */
const ENCODED_WORD = /=\?[^?]*\?[bq]\?/i

function isPlain(address: string): boolean {
  const local = address.slice(0, address.lastIndexOf('@'))
  // Programs that decode before they parse, or parse without quotes, would see another address in these.
  return !ENCODED_WORD.test(address) && !/[@<>,;:()]/.test(local)
}
