import { verifyWithMailauth } from '../clients/mailauth.ts'
import { verifyDkim } from '../support/verify-dkim.ts'
import type { ProgramCase } from './case.ts'
import type { Trial } from './try-program.ts'

/** Valid signatures of how many, by mailauth and by dkimpy, with the records that a state folder says to publish. */
export async function signaturesOf(content: string, state: string): Promise<string> {
  const mailauth = await verifyWithMailauth(content, state)
  const dkimpy = verifyDkim(content, state)
  const passed = mailauth.filter((result) => result === 'pass').length
  const valid = dkimpy.filter((verdict) => verdict.valid).length
  return `${passed} of ${mailauth.length}, ${valid} of ${dkimpy.length}`
}

/** What is not as the case wants it; empty when nothing is. */
export function wrongWith({ refused }: ProgramCase, { result, detail }: Trial, signatures: string): string {
  if (refused !== undefined) return result === 'refused' && refused.test(detail) ? '' : 'a refusal was wanted'
  if (result !== 'same' && result !== 'read') return 'it was to arrive as it was meant'
  return signatures === '2 of 2, 2 of 2' ? '' : `signatures: ${signatures}`
}
