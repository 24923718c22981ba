import { normaliseAddress } from './address.ts'
import { addressFault } from './address-fault.ts'
import { addressesOf } from './mailbox.ts'
import { splitMailboxes, unclosedIn } from './split-mailboxes.ts'
import type { Mailbox } from './split-mailboxes.ts'

/** What is wrong with the body of a From or Resent-From field, unfolded, as a text for its author; undefined when each member of the
 * list is a valid address. */
export function fromFault(field: string, body: string): string | undefined {
  if (addressesOf(body).every((address) => normaliseAddress(address) !== undefined)) return undefined
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(body))
    return `the ${field} field contains a control character; remove it`
  const mailboxes = splitMailboxes(body)
  if (mailboxes === undefined)
    return `${PAIRS[unclosedIn(body) ?? ''] ?? 'a bracket'} in the ${field} field is not closed`
  return commaInName(field, mailboxes) ?? memberFault(field, mailboxes)
}

const PAIRS: Partial<Record<string, string>> = {
  '"': 'a quotation mark',
  '(': 'a parenthesis',
  '<': 'an angle bracket',
}

/** Explains `App, Inc. <app@example.org>`: a list of two members, of which the first has no address. */
function commaInName(field: string, mailboxes: Mailbox[]): string | undefined {
  const last = mailboxes.findIndex(({ angles }) => angles.length === 1)
  const before = mailboxes.slice(0, last)
  const [angle = ''] = mailboxes[last]?.angles ?? []
  const names = [...before, mailboxes[last]].map((mailbox) => mailbox?.text.trim() ?? '')
  if (last < 1 || normaliseAddress(angle.trim()) === undefined) return undefined
  if (names.some((name) => name.includes('@') || name.includes('"'))) return undefined
  return `"${shown(names[0])}" in the ${field} field is not a full address; put a name that contains a comma in quotation marks: "${shown(names.join(', '))}" <${shown(angle.trim())}>`
}

function memberFault(field: string, mailboxes: Mailbox[]): string {
  for (const { text, angles, after } of mailboxes) {
    const [angle, another] = angles
    const address = (angle ?? text).trim()
    if (another !== undefined || after.trim() !== '' || (address === '' && angle === undefined)) continue
    if (address === '') return `the brackets in the ${field} field are empty; put an address (name@domain) between them`
    const fault = addressFault(address)
    if (fault === undefined) continue
    return address.includes('@')
      ? `"${shown(address)}" in the ${field} field is not a valid address: ${fault}`
      : `"${shown(address)}" in the ${field} field is not a full address; write name@domain`
  }
  return `the ${field} field is ambiguous; write it as Name <name@domain>`
}

const shown = (text = ''): string => (text.length > 100 ? `${text.slice(0, 100)}...` : text)
