import { spawnSync } from 'node:child_process'

const SCRIPT = `
import base64, hashlib, json, sys
from email import message_from_bytes
from email.header import decode_header, make_header
given = json.load(sys.stdin)
def read(text):
    m = message_from_bytes(base64.b64decode(text))
    def name(field):
        value = m.get(field)
        if value is None: return None
        try: return ''.join(str(make_header(decode_header(str(value)))).split())
        except Exception: return ''.join(str(value).split())
    parts = []
    for part in m.walk():
        if part.is_multipart(): continue
        data = part.get_payload(decode=True) or b''
        parts.append([part.get_content_type(), part.get_filename(), hashlib.sha256(b''.join(data.split())).hexdigest()])
    return {'fields': {f: name(f) for f in ('From', 'To', 'Cc', 'Reply-To', 'Subject', 'References', 'Content-Type')}, 'parts': parts}
print(json.dumps([read(text) for text in given]))
`

/** Whether two messages are the same to somebody who reads them: the fields that mail programs show, and the decoded text of each part but for
 * its white space. By Python's email package. */
export function sameWhenRead(one: string, other: string): boolean {
  const input = JSON.stringify([one, other].map((text) => Buffer.from(text, 'latin1').toString('base64')))
  const { stdout, status, stderr } = spawnSync('python3', ['-c', SCRIPT], { input, encoding: 'utf8' })
  if (status !== 0) throw new Error(`python3: ${stderr}`)
  const [first, second] = JSON.parse(stdout) as unknown[]
  return JSON.stringify(first) === JSON.stringify(second)
}
