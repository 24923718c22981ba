import type { WantedRecord } from './wanted.ts'

export type RecordState = 'Found' | 'Missing' | 'Different' | 'Unknown'

/** The DNS answer for one record: texts, mail exchangers, or data as in a zone file (empty if there is none); or why the lookup failed. */
export type Answer = { values: string[] } | { failed: string }

export interface ComparedRecord extends WantedRecord {
  state: RecordState
  /** What is there instead, or why the lookup failed. */
  seen?: string
}

/** Compares a wanted record with the answer. Pure. */
export function compareRecord(wanted: WantedRecord, answer: Answer): ComparedRecord {
  if ('failed' in answer) return { ...wanted, state: 'Unknown', seen: answer.failed }
  const fits = FITS[wanted.purpose]
  const candidates = answer.values.filter((value) => fits.isOne(value))
  if (candidates.some((value) => fits.isRight(value, wanted.value))) return { ...wanted, state: 'Found' }
  const [seen] = candidates
  return seen === undefined
    ? { ...wanted, state: 'Missing' }
    : { ...wanted, state: 'Different', seen: seen.slice(0, 500) }
}

/** By purpose: which values are meant for it, and which of those are correct. */
const FITS: Record<
  WantedRecord['purpose'],
  { isOne: (value: string) => boolean; isRight: (value: string, wanted: string) => boolean }
> = {
  Ownership: {
    isOne: (value) => value.startsWith('postrider-verification='),
    isRight: (value, wanted) => value.trim() === wanted,
  },
  SPF: {
    isOne: (value) => /^v=spf1(\s|$)/i.test(value),
    // It may allow more, but must have every wanted mechanism.
    isRight: (value, wanted) => {
      const terms = new Set(
        value
          .toLowerCase()
          .split(/\s+/)
          .map((term) => term.replace(/^\+/, '')),
      )
      return mechanisms(wanted).every((mechanism) => terms.has(mechanism))
    },
  },
  DKIM: {
    isOne: (value) => /(^|;)\s*p\s*=/i.test(value),
    isRight: (value, wanted) => tag(value, 'p') === tag(wanted, 'p'),
  },
  DMARC: {
    isOne: (value) => /^v\s*=\s*DMARC1\s*(;|$)/i.test(value),
    isRight: (value) => /^(none|quarantine|reject)$/i.test(tag(value, 'p')),
  },
  // The owner may choose priority and weight.
  ClientSetup: { isOne: () => true, isRight: (value, wanted) => place(value) === place(wanted) },
  ReturnPath: { isOne: () => true, isRight: (value) => value !== '' && value !== '.' },
}

/** Port and host of an SRV record, host of a CNAME. */
const place = (record: string): string => record.toLowerCase().split(/\s+/).slice(-2).join(' ')

const mechanisms = (spf: string): string[] =>
  spf
    .toLowerCase()
    .split(/\s+/)
    .filter((term) => term !== '' && term !== 'v=spf1' && !/^[~?+-]?all$/.test(term))

/** A tag of a tag list (RFC 6376, 3.2), without the white space that a long record may have. */
function tag(record: string, name: string): string {
  for (const part of record.split(';')) {
    const at = part.indexOf('=')
    if (at !== -1 && part.slice(0, at).trim().toLowerCase() === name) return part.slice(at + 1).replace(/\s+/g, '')
  }
  return ''
}
