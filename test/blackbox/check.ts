import { NotOffered, Target } from './target.ts'
import type { Service } from './target.ts'

/** Something that an RFC asks of a submission service, judged by replies and by what arrives, never by their words. */
export interface Check {
  name: string
  /** Document and section. */
  rfc: string
  /** Throws when the service does something else. */
  run: (target: Target) => Promise<void>
}

export const check = (name: string, rfc: string, run: Check['run']): Check => ({ name, rfc, run })

/** A reply is not what the RFC asks for. */
export class Unexpected extends Error {
  override readonly name = 'Unexpected'
  constructor(reply: string, wanted: string) {
    super(`expected ${wanted}, got: ${reply.split('\n').at(-1) ?? ''}`)
  }
}

/** Throws unless the reply has one of the codes, or begins with one of the digits. */
export function is(reply: string, ...codes: number[]): void {
  if (!/^\d{3}/.test(reply) || !codes.some((code) => reply.startsWith(String(code)))) {
    throw new Unexpected(reply, codes.map((code) => (code < 10 ? `${code}xx` : String(code))).join(' or '))
  }
}

/** Throws unless a text matches. */
export function matches(text: string, pattern: RegExp): void {
  if (!pattern.test(text)) throw new Unexpected(text.slice(0, 300), String(pattern))
}

export function differs(text: string, pattern: RegExp): void {
  if (pattern.test(text)) throw new Unexpected(text.slice(0, 300), `not ${pattern}`)
}

export type Verdict = { result: 'pass' } | { result: 'not offered' } | { result: 'fail'; why: string }

/** Runs one check against a service. */
export async function judge({ run }: Check, service: Service): Promise<Verdict> {
  const target = new Target(service)
  try {
    await run(target)
    return { result: 'pass' }
  } catch (error) {
    if (error instanceof NotOffered) return { result: 'not offered' }
    return { result: 'fail', why: error instanceof Error ? error.message : String(error) }
  } finally {
    target.close()
  }
}
