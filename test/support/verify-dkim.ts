import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { needsPython, pythonWith } from './needs.ts'

/** What an independent verifier says of one DKIM-Signature. */
export interface DkimVerdict {
  domain: string
  selector: string
  algorithm: string
  valid: boolean
}

/** Why dkimpy cannot be asked here, for `skip`; false when it can. Ed25519 needs PyNaCl besides. */
export const dkimpyMissing = (): string | false =>
  needsPython('dkim', 'python3-dkim') || needsPython('nacl', 'python3-nacl')

/** TXT records by name with the final dot, as `postrider up` has written them for publishing. */
export function dnsRecords(state: string): Record<string, string> {
  const files = readdirSync(join(state, 'dns'), { recursive: true, withFileTypes: true })
  const records = files
    .filter((entry) => entry.isFile() && entry.name.endsWith('.json'))
    .map((entry) => JSON.parse(readFileSync(join(entry.parentPath, entry.name), 'utf8')) as DnsRecord)
  return Object.fromEntries(
    records.filter(({ type }) => type === 'TXT').map(({ name, value }) => [`${name.replace(/\.$/, '')}.`, value]),
  )
}

interface DnsRecord {
  type: string
  name: string
  value: string
}

const SCRIPT = `
import base64, dkim, json, sys
given = json.load(sys.stdin)
message = base64.b64decode(given['message'])
def txt(name, timeout=5):
    found = given['records'].get(name.decode() if isinstance(name, bytes) else name)
    return None if found is None else found.encode()
verdicts = []
count = sum(1 for name, _ in dkim.rfc822_parse(message)[0] if name.lower() == b'dkim-signature')
for index in range(count):
    verifier = dkim.DKIM(message)
    try: valid = verifier.verify(idx=index, dnsfunc=txt)
    except dkim.DKIMException: valid = False
    fields = verifier.signature_fields
    verdicts.append({
        'domain': fields.get(b'd', b'').decode(),
        'selector': fields.get(b's', b'').decode(),
        'algorithm': fields.get(b'a', b'').decode(),
        'valid': bool(valid),
    })
print(json.dumps(verdicts))
`

/** Verifies every signature of a message with dkimpy and the records of a state folder; the lines may end in LF. */
export function verifyDkim(message: string, state: string): DkimVerdict[] {
  const python = pythonWith('dkim')
  if (python === undefined) throw new Error('no python3 with dkim')
  const octets = Buffer.from(message.replace(/\r?\n/g, '\r\n'), 'latin1')
  const input = JSON.stringify({ message: octets.toString('base64'), records: dnsRecords(state) })
  const { status, stdout, stderr } = spawnSync(python, ['-c', SCRIPT], { input })
  if (status !== 0) throw new Error(`dkimpy failed: ${stderr.toString()}`)
  return JSON.parse(stdout.toString()) as DkimVerdict[]
}
