/** What a platform did to a message between the octets that its client sent and those that the recipient's server got. */
export interface Comparison {
  /** Names of the fields that were put before the message, in their order. */
  added: string[]
  /** Names of the fields that were taken out. */
  removed: string[]
  /** Line breaks of the client that were not CRLF were made so. */
  lineBreaks: boolean
  /** Empty when every other octet is the same; else where the first difference is. */
  difference: string
}

/** The only fields that may be added, and those only once where `once` holds. */
const ADDED = ['dkim-signature', 'received', 'date', 'message-id']
const REMOVED = ['bcc', 'resent-bcc', 'return-path']

/** Compares by the promises of docs/integrations/README.md alone; nothing of the platform's own code is asked.
 * Both contents are without the dots that transparency adds (RFC 5321, 4.5.2), one char an octet (latin1). */
export function compare(sent: string, delivered: string): Comparison {
  const normal = `${sent.replace(/\r\n|\r|\n/g, '\n').replace(/\n$/, '')}\n`.replaceAll('\n', '\r\n')
  const before = split(normal)
  const missing = (name: string): boolean => !before.fields.some((field) => nameOf(field) === name)
  const kept = before.fields.filter((field) => !REMOVED.includes(nameOf(field)))
  const after = split(delivered)
  const count = after.fields.length - kept.length
  const added = after.fields.slice(0, Math.max(0, count)).map(nameOf)
  const removed = before.fields.filter((field) => REMOVED.includes(nameOf(field))).map(nameOf)
  const wrong = added.find((name) => !ADDED.includes(name)) ?? twice(added)
  const needless = ['date', 'message-id'].find((name) => added.includes(name) && !missing(name))
  const difference =
    wrong !== undefined
      ? `the field ${wrong} was added`
      : needless !== undefined
        ? `${needless} was added though it was there`
        : firstDifference(kept.join('') + before.body, after.fields.slice(added.length).join('') + after.body)
  return { added, removed, lineBreaks: sent !== normal, difference }
}

/** Signatures may be several. */
function twice(names: string[]): string | undefined {
  return names.find((name, index) => name !== 'dkim-signature' && names.indexOf(name) !== index)
}

const nameOf = (field: string): string => (field.split(':')[0] ?? '').trimEnd().toLowerCase()

/** Fields with their folded lines and line breaks; the body with the blank line before it. */
function split(content: string): { fields: string[]; body: string } {
  const end = content.startsWith('\r\n') ? 0 : content.indexOf('\r\n\r\n')
  const head = end === -1 ? content : content.slice(0, end === 0 ? 0 : end + 2)
  return { fields: head.match(/.*\r\n(?:[ \t].*\r\n)*/g) ?? [], body: content.slice(head.length) }
}

function firstDifference(expected: string, actual: string): string {
  if (expected === actual) return ''
  let at = 0
  while (expected[at] === actual[at]) at++
  const around = (text: string): string => JSON.stringify(text.slice(at, at + 30))
  return `at octet ${at}: sent ${around(expected)}, delivered ${around(actual)}`
}
