/** `mail` and `rcpt` are the commands, `content` is the first octet after DATA was accepted, `final` the dot. */
export type Stage =
  'greeting' | 'ehlo' | 'helo' | 'starttls' | 'mail' | 'rcpt' | 'data' | 'content' | 'final' | 'rset' | 'quit'

/** Where a dialogue stands: what a script is asked about. */
export interface Step {
  stage: Stage
  /** The address of MAIL or RCPT; at `data` and `final` the accepted recipients, joined by commas; else the line. */
  argument: string
  /** Counts the connections of the server from 1. */
  connection: number
  /** Counts from 1 how often this connection was at the stage; begins again in TLS. */
  time: number
  /** Counts from 1 how often the server was at the stage with this argument, in all connections. */
  attempt: number
  /** Recipients accepted in this transaction so far. */
  accepted: number
  secure: boolean
}

export interface Action {
  /** Reply lines; CRLF is added to each. */
  send?: string | string[]
  /** Octets as they are, a character each, in one piece or several. An empty text says nothing. */
  raw?: string | string[]
  /** Before anything is said. */
  delayMs?: number
  /** Between two octets. */
  dripMs?: number
  /** How often it is said; a flood is a large number. */
  repeat?: number
  /** Between repetitions, and between pieces. */
  everyMs?: number
  /** What happens to the connection: `abrupt` closes it with octets unread, `hang` says nothing more, `stall` does not read either. */
  then?: 'continue' | 'close' | 'abrupt' | 'reset' | 'hang' | 'stall'
  /** What STARTTLS leads to; it works by default. */
  handshake?: 'garbage' | 'close' | 'reset' | 'hang'
}

/** A reply line, or several, or all that a server may do. */
export type Answer = string | string[] | Action

/** Decides each answer; undefined is that of a well-behaved server, which takes everything. */
export type ScriptFunction = (step: Step) => Answer | undefined

/** The answers as data; a stage that is left out is answered as a well-behaved server would. */
export type ScriptTable = Partial<Record<Stage, string | string[] | Sequence>> & {
  /** What is different in the first, second, ... connection. */
  connections?: Omit<ScriptTable, 'connections'>[]
}

export type Script = ScriptFunction | ScriptTable

/** Answers of a stage that depend on what was before. */
interface Sequence extends Action {
  /** What is said the first, second, ... time in a connection; the last one from then on. */
  each?: Answer[]
  /** For rcpt: recipients that one transaction may have, and what the others are answered. */
  limit?: number
  over?: Answer
}

/** What the script does now. `usual` is what a well-behaved server would say. */
export function actionAt(script: Script, step: Step, usual: string | string[]): Action {
  const answer = typeof script === 'function' ? script(step) : answerIn(script, step)
  if (answer === undefined) return { send: usual }
  if (typeof answer === 'string' || Array.isArray(answer)) return { send: answer }
  const silent = answer.send === undefined && answer.raw === undefined
  // One that closes or hangs without a word to say does just that; one that only delays then says the usual.
  return silent && (answer.then ?? 'continue') === 'continue' ? { send: usual, ...answer } : answer
}

function answerIn({ connections = [], ...base }: ScriptTable, step: Step): Answer | undefined {
  const found = { ...base, ...connections[step.connection - 1] }[step.stage]
  if (found === undefined || typeof found === 'string' || Array.isArray(found)) return found
  const { each, limit, over, ...action } = found
  if (each !== undefined) return each[Math.min(step.time, each.length) - 1]
  if (limit !== undefined && step.accepted >= limit) return over
  return action
}

/** The pieces in which an action is said, each character an octet. A list of lines with one code is a multi-line reply. */
export function piecesOf({ send = [], raw }: Action): string[] {
  if (raw !== undefined) return [raw].flat()
  const lines = [send].flat().map((line) => `${Buffer.from(line).toString('latin1')}\r\n`)
  return [lines.join('')]
}

/** Code of the first reply; the last line of several decides (RFC 5321, section 4.2.1). 0 for none. */
export function codeOf(action: Action): number {
  const lines = piecesOf(action)
    .join('')
    .split('\n')
    .flatMap((line) => /^(\d{3})(-?)/.exec(line) ?? [])
  for (let at = 0; at < lines.length; at += 3) if (lines[at + 2] === '') return Number(lines[at + 1])
  return 0
}

/** Whether the client was answered yes. */
export const saysYes = (action: Action): boolean => codeOf(action) >= 200 && codeOf(action) < 400
