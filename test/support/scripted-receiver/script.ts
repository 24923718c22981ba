export type Stage =
  'connect' | 'ehlo' | 'helo' | 'starttls' | 'mail' | 'rcpt' | 'data' | 'content' | 'final' | 'rset' | 'quit'

/** Where a dialogue stands: what the script is asked about. */
export interface Step {
  stage: Stage
  /** Address of MAIL or RCPT, else the line. */
  argument: string
  /** Counts connections from 1. */
  connection: number
  /** Counts the times this connection was at this stage, from 1. */
  time: number
  secure: boolean
}

/** A reply (lines joined by CRLF, the last CRLF is added); or silence; or the end, after a reply or without one; or a reply that
 * comes an octet at a time; or octets as they are, in pieces with a pause between them, after which the dialogue goes on (or the
 * connection ends). */
export type Answer =
  | string
  | { hang: true }
  | { close: true; after?: string }
  | { drip: string; everyMs: number }
  | { raw: string | string[]; everyMs?: number; close?: 'end' | 'reset' }

export interface ScriptedReceiverOptions {
  /** Decides each answer; undefined is the usual one, which takes everything. */
  script?: (step: Step) => Answer | undefined
  /** Keywords of the EHLO reply; STARTTLS is added where there is a certificate. */
  offers?: string[]
  /** PEM. */
  certificate?: { cert: string; key: string }
  host?: string
  /** Any free one when not given. */
  port?: number
  /** False: the server stops reading when the content begins. */
  readsContent?: boolean
}

export interface ReceivedMail {
  from: string
  to: string[]
  /** As sent, dots undone. Latin-1: a character an octet. */
  content: string
  secure: boolean
}

export interface ScriptedReceiver {
  host: string
  port: number
  mails: ReceivedMail[]
  /** Every command line, as it came. */
  lines: string[]
  /** What came in one piece: the command lines in it, the beginning of each. Shows which commands travelled together. */
  groups: string[][]
  /** Addresses that connections came from, in their order. */
  clients: string[]
  /** Connections so far. */
  connections(): number
  /** Connections that are open. */
  open(): number
  close(): Promise<void>
}

export const OFFERS = ['PIPELINING', '8BITMIME', 'SMTPUTF8', 'DSN', 'SIZE 10000000', 'ENHANCEDSTATUSCODES']
