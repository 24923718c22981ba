/** As much of the DNS wire format (RFC 1035, section 4) as a scripted name server needs: one question in, its answer out. */

export interface Question {
  id: number
  name: string
  type: number
  /** Octets of an answer that the client takes by UDP: 512, or what its OPT record says (RFC 6891). */
  room: number
  /** The question section as it came, for the answer. */
  section: Buffer
}

export type RecordType = 'A' | 'AAAA' | 'CNAME' | 'MX' | 'TXT'

export interface ResourceRecord {
  type: RecordType
  /** An address, a name, or `10 name` for MX. */
  value: string
  /** Whose record it is, where that is not the name asked for: the target of a CNAME. */
  owner?: string
}

export const TYPES: Record<RecordType, number> = { A: 1, CNAME: 5, MX: 15, TXT: 16, AAAA: 28 }
export const NOERROR = 0
export const SERVFAIL = 2
export const NXDOMAIN = 3
export const REFUSED = 5

const HEADER = 12
const OPT = 41
/** Seconds; short, since tests change what they ask for. */
const TTL = 1

/** Undefined for what is not a query with one question. */
export function readQuestion(query: Buffer): Question | undefined {
  if (query.length < HEADER + 5 || query.readUInt16BE(4) !== 1) return undefined
  const labels: string[] = []
  let at = HEADER
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    if (length > 63) return undefined
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  const end = at + 5
  if (end > query.length) return undefined
  // An OPT record has the root's name, so its type is the next octets but one.
  const hasOpt = query.readUInt16BE(10) > 0 && query.length >= end + 11 && query.readUInt16BE(end + 1) === OPT
  return {
    id: query.readUInt16BE(0),
    name: labels.join('.').toLowerCase(),
    type: query.readUInt16BE(at + 1),
    room: hasOpt ? Math.max(512, query.readUInt16BE(end + 3)) : 512,
    section: query.subarray(HEADER, end),
  }
}

export interface Reply {
  rcode: number
  records: ResourceRecord[]
}

/** Empty and marked as truncated where it does not fit into `room`. */
export function writeReply({ id, section }: Question, { rcode, records }: Reply, room = 65_535): Buffer {
  const answers = records.map(answer)
  const whole = Buffer.concat([header(id, rcode, answers.length, false), section, ...answers])
  return whole.length <= room ? whole : Buffer.concat([header(id, rcode, 0, true), section])
}

function header(id: number, rcode: number, answers: number, truncated: boolean): Buffer {
  const octets = Buffer.alloc(HEADER)
  octets.writeUInt16BE(id, 0)
  // QR, AA, RD, RA.
  octets.writeUInt16BE(0x8580 | (truncated ? 0x0200 : 0) | rcode, 2)
  octets.writeUInt16BE(1, 4)
  octets.writeUInt16BE(answers, 6)
  return octets
}

function answer(record: ResourceRecord): Buffer {
  const data = recordData(record)
  // Else a pointer to the question's name.
  const owner = record.owner === undefined ? Buffer.from([0xc0, HEADER]) : writeName(record.owner)
  const fixed = Buffer.alloc(10)
  fixed.writeUInt16BE(TYPES[record.type], 0)
  fixed.writeUInt16BE(1, 2)
  fixed.writeUInt32BE(TTL, 4)
  fixed.writeUInt16BE(data.length, 8)
  return Buffer.concat([owner, fixed, data])
}

function recordData({ type, value }: ResourceRecord): Buffer {
  switch (type) {
    case 'A':
      return Buffer.from(value.split('.').map(Number))
    case 'AAAA':
      return sixteenOctets(value)
    case 'CNAME':
      return writeName(value)
    case 'MX': {
      const [preference = '0', name = ''] = value.split(' ')
      const octets = Buffer.alloc(2)
      octets.writeUInt16BE(Number(preference))
      return Buffer.concat([octets, writeName(name)])
    }
    case 'TXT':
      return Buffer.concat([Buffer.from([value.length]), Buffer.from(value)])
  }
}

function writeName(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '')
  return Buffer.concat([
    ...labels.flatMap((label) => [Buffer.from([label.length]), Buffer.from(label, 'latin1')]),
    Buffer.from([0]),
  ])
}

/** An IPv6 address; its last 32 bits may be written as IPv4. */
function sixteenOctets(address: string): Buffer {
  const plain = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...parts: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = parts.slice(0, 4).map(Number)
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
  })
  const [left = '', right] = plain.split('::')
  const groups = (text: string): number[] => (text === '' ? [] : text.split(':').map((group) => parseInt(group, 16)))
  const [first, last] = [groups(left), groups(right ?? '')]
  const all = [...first, ...Array.from({ length: 8 - first.length - last.length }, () => 0), ...last]
  const octets = Buffer.alloc(16)
  all.forEach((group, index) => octets.writeUInt16BE(group, index * 2))
  return octets
}
