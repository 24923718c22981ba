import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a remote server says and does at each stage of a session, as data; written in JSON files below `remotes/` or in a table.
 * A stage that is left out is answered as a well-behaved server would. */
export type Script = Partial<Record<Stage, StageScript>> & {
  /** What STARTTLS leads to; it works by default. */
  handshake?: 'works' | 'garbage' | 'close' | 'reset' | 'hang'
  /** What is different in the first, second, ... connection. */
  connections?: Omit<Script, 'connections'>[]
}

/** `rcpt` and `mail` are the commands, `content` is the first octet after DATA was accepted, `final` the dot. */
export type Stage =
  'greeting' | 'ehlo' | 'helo' | 'starttls' | 'mail' | 'rcpt' | 'data' | 'content' | 'final' | 'rset' | 'quit'

/** A reply line, or several. */
export type Lines = string | string[]

export interface Action {
  /** Reply lines; CRLF is added to each. */
  send?: Lines
  /** Octets as they are: `\r`, `\n` and `\xNN` stand for control characters. An empty text says nothing. */
  raw?: string
  /** Seconds before anything is said. */
  delay?: number
  /** Seconds between two octets. */
  drip?: number
  /** How often it is said; a flood is a large number. */
  repeat?: number
  /** Seconds between repetitions. */
  every?: number
  /** What happens to the connection: `abrupt` closes it with octets unread, `hang` says nothing more, `stall` does not read either. */
  then?: 'continue' | 'close' | 'abrupt' | 'reset' | 'hang' | 'stall'
}

export type StageScript =
  | Lines
  | (Action & {
      /** What is said the first, second, ... time in a connection; the last one from then on. */
      each?: (Lines | Action)[]
      /** For rcpt: recipients that one transaction may have, what the others are answered, and what the first ones are. */
      limit?: number
      over?: Lines | Action
      default?: Lines | Action
    })

export interface Moment {
  stage: Stage
  /** Counts from 1: times that this connection has reached the stage. */
  time: number
  /** Recipients accepted in this transaction so far. */
  accepted: number
  /** What a well-behaved server would say. */
  usual: Lines
}

/** The script of the n-th connection (from 1). */
export function ofConnection({ connections = [], ...base }: Script, number: number): Script {
  return { ...base, ...connections[number - 1] }
}

/** What the script does now. */
export function actionAt(script: Script, { stage, time, accepted, usual }: Moment): Action {
  const found = script[stage]
  if (found === undefined) return asAction(usual)
  if (typeof found === 'string' || Array.isArray(found)) return asAction(found)
  const { each, limit, over, default: ordinary, ...action } = found
  if (each !== undefined) return asAction(each[Math.min(time, each.length) - 1] ?? usual)
  if (limit !== undefined) return asAction(accepted >= limit ? (over ?? usual) : (ordinary ?? usual))
  const silent = action.send === undefined && action.raw === undefined
  // One that closes or hangs without a word to say does just that; one that only delays then says the usual.
  return silent && (action.then ?? 'continue') === 'continue' ? { ...asAction(usual), ...action } : action
}

const asAction = (reply: Lines | Action): Action =>
  typeof reply === 'string' || Array.isArray(reply) ? { send: reply } : reply

/** The octets of an action, each character one of them. A list of lines with one code is a multi-line reply as it stands. */
export function octetsOf({ send, raw }: Action): string {
  if (raw !== undefined) return unescape(raw)
  if (send === undefined) return ''
  return (Array.isArray(send) ? send : [send]).map((line) => `${Buffer.from(line).toString('latin1')}\r\n`).join('')
}

function unescape(text: string): string {
  return text.replace(/\\(r|n|t|x([0-9a-f]{2}))/gi, (_, what: string, hex: string | undefined) =>
    hex !== undefined
      ? String.fromCharCode(parseInt(hex, 16))
      : ({ r: '\r', n: '\n', t: '\t' }[what.toLowerCase()] ?? ''),
  )
}

/** Code of the first reply; the last line of several decides (RFC 5321, 4.2.1). 0 for none. */
export function codeOf(octets: string): number {
  const lines = octets.split('\n').flatMap((line) => /^(\d{3})(-?)/.exec(line) ?? [])
  for (let at = 0; at < lines.length; at += 3) if (lines[at + 2] === '') return Number(lines[at + 1])
  return 0
}

/** Whether the client was answered yes. */
export const saysYes = (octets: string): boolean => codeOf(octets) >= 200 && codeOf(octets) < 400

/** A script from `remotes/`. */
export function fixture(name: string): Script {
  return JSON.parse(readFileSync(join(import.meta.dirname, '..', 'remotes', `${name}.json`), 'utf8')) as Script
}
