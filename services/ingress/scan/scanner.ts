import type { Recipient } from '@postrider/mail/envelope'

export const SCANNERS = ['clamav', 'rspamd'] as const
export type ScannerName = (typeof SCANNERS)[number]

/** What a scanner gets of a message. */
export interface ScannedMail {
  id: string
  from: string
  recipients: Recipient[]
  /** The submitter's login, and its domain. */
  credential: string
  domain: string
  content: Buffer
}

/** What a scanner says about a message. */
export type Verdict =
  | { kind: 'clean' }
  /** Malware, with the name of the signature. */
  | { kind: 'infected'; name: string }
  /** rspamd's score, the action that it chose, and the symbols with the highest scores. */
  | { kind: 'rated'; action: string; score: Score; symbols: string[] }
  /** Too large for the scanner. */
  | { kind: 'too-large' }

/** rspamd's score, and the score that it requires for its action `reject`. */
export interface Score {
  points: number
  required: number
}

/** A scanner gave no verdict on the message: it could not be reached, did not answer in time, or answered with an error. */
export class ScannerUnavailableError extends Error {
  override readonly name = 'ScannerUnavailableError'
  readonly scanner: ScannerName
  constructor(scanner: ScannerName, why: string, options?: ErrorOptions) {
    super(`${scanner} ${why}`, options)
    this.scanner = scanner
  }
}
