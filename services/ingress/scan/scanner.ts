import type { Recipient } from '@postrider/mail/envelope'

export const SCANNERS = ['clamav', 'rspamd'] as const
export type ScannerName = (typeof SCANNERS)[number]

/** A message as the scanners see it. */
export interface ScannedMail {
  id: string
  from: string
  recipients: Recipient[]
  /** The login that submits it, and its domain. */
  credential: string
  domain: string
  content: Buffer
}

/** What a scanner says about a message. */
export type Finding =
  | { kind: 'clean' }
  /** Malware, by the name the signature has. */
  | { kind: 'infected'; name: string }
  /** rspamd's points, the action they led to there, and the rules that counted most. */
  | { kind: 'rated'; action: string; score: Score; symbols: string[] }
  /** Larger than the scanner takes. */
  | { kind: 'too-large' }

/** Points of rspamd, and how many of them are needed for its action `reject`. */
export interface Score {
  points: number
  required: number
}

/** A scanner did not say anything about the message: it is not there, too slow, or answered with an error. */
export class ScannerUnavailableError extends Error {
  override readonly name = 'ScannerUnavailableError'
  readonly scanner: ScannerName
  constructor(scanner: ScannerName, why: string, options?: ErrorOptions) {
    super(`${scanner} ${why}`, options)
    this.scanner = scanner
  }
}
