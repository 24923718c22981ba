import { splitMailboxes } from './split-mailboxes.ts'
import type { Mailbox } from './split-mailboxes.ts'

/**
 * The addresses in the body of an address-list field, unfolded (RFC 5322, 3.4). Names, groups, comments, quoted strings and encoded words
 * are skipped.
 *
 * A client that may send as one address must not get a different one shown, so parsing is strict where mail readers differ. Forms that are
 * valid but misread by some (routes, text after the brackets, a second `@` outside quotes, encoded words in an address) yield `unreadable:
 * ...`, which is not a valid address and matches no pattern. Never throws.
 */
export function addressesOf(body: string): string[] {
  const mailboxes = splitMailboxes(body)

  if (mailboxes === undefined || /[\u0000-\u0008\u000a-\u001f\u007f]/.test(body)) return [unreadable(body)]
  return mailboxes.flatMap((mailbox) => {
    if (isEmpty(mailbox)) return []
    return [addressOf(mailbox) ?? unreadable(mailbox.raw)]
  })
}

/** A group whose name looks like an address counts even when it is empty. */
const isEmpty = (mailbox: Mailbox): boolean =>
  mailbox.text.trim() === '' && mailbox.angles.length === 0 && !beginsOddGroup(mailbox)

const beginsOddGroup = ({ group = '' }: Mailbox): boolean => group.includes('@')

// The space ensures that it is not a valid address, whatever follows.
const unreadable = (raw: string): string => `unreadable: ${raw.trim().slice(0, 200)}`

function addressOf(mailbox: Mailbox): string | undefined {
  const { name, text, angles, after, oddComment } = mailbox
  if (oddComment || angles.length > 1 || after.trim() !== '' || beginsOddGroup(mailbox)) return undefined
  const [angle] = angles
  // Only these: other kinds of space are invisible, and part of the address.
  const address = (angle ?? text).replace(/^[ \t]+|[ \t]+$/g, '')
  if (angle !== undefined && !isName(name, address)) return undefined
  return isPlain(address) ? address : undefined
}

/** Whether it may be a display name: an `@` may occur inside quotes or encoded words, or the name may be the address itself, which many
 * programs repeat. */
function isName(name: string, address: string): boolean {
  const outside = name.replace(/=\?[^?\s]*\?[^?\s]*\?[^?\s]*\?=/g, '').trim()
  return !outside.includes('@') || outside.toLowerCase() === address.toLowerCase()
}

/** What a decoder may treat as an encoded word, even without its end (RFC 2047, 2). */
const ENCODED_WORD = /=\?[^?]*\?[bq]\?/i

function isPlain(address: string): boolean {
  const local = address.slice(0, address.lastIndexOf('@'))
  // Programs that decode before they parse, or ignore quotes, would see a different address in these.
  return !ENCODED_WORD.test(address) && !/[@<>,;:()]/.test(local)
}
