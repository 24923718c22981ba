import { spawnSync } from 'node:child_process'

/** A message as Python's standard library reads it: a parser that nobody here has written. */
export interface ParsedMessage {
  type: string
  /** Unfolded, in order. */
  headers: [name: string, value: string][]
  /** Decoded, of what has no parts; one octet a character. */
  text: string | null
  /** Of a multipart, a message/delivery-status (its groups of fields) or a message/rfc822 (the message). */
  parts: ParsedMessage[]
  defects: string[]
}

const SCRIPT = `
import base64, email, json, re, sys
def unfold(value): return re.sub(r'\\r?\\n(?=[ \\t])', '', str(value)).strip()
def read(m):
    multi = m.is_multipart()
    return {
        'type': m.get_content_type(),
        'headers': [[k, unfold(v)] for k, v in m.items()],
        'text': None if multi else (m.get_payload(decode=True) or b'').decode('latin1'),
        'parts': [read(p) for p in m.get_payload()] if multi else [],
        'defects': [type(d).__name__ for d in m.defects],
    }
print(json.dumps([read(email.message_from_bytes(base64.b64decode(one))) for one in json.load(sys.stdin)]))
`

/** Why the tests that need Python can't run here, or false. */
export const noPython: string | false =
  spawnSync('python3', ['-c', 'import email']).status === 0 ? false : 'python3 is not installed'

export function parseAll(messages: Buffer[]): ParsedMessage[] {
  const input = JSON.stringify(messages.map((message) => message.toString('base64')))
  const { status, stdout, stderr } = spawnSync('python3', ['-c', SCRIPT], { input, maxBuffer: 256 * 1024 * 1024 })
  if (status !== 0) throw new Error(`python3 could not read the messages: ${stderr.toString()}`)
  return JSON.parse(stdout.toString()) as ParsedMessage[]
}

export function parseOne(message: Buffer): ParsedMessage {
  const [parsed] = parseAll([message])
  if (parsed === undefined) throw new Error('python3 printed nothing')
  return parsed
}

export const header = ({ headers }: ParsedMessage, name: string): string | undefined =>
  headers.find(([given]) => given.toLowerCase() === name.toLowerCase())?.[1]
