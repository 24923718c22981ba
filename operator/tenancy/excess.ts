import { BadVerifierError, parseVerifier } from '@postrider/authentication/hash'
import type { AnyResource } from '@postrider/resources/kinds'
import { durationMs } from '@postrider/resources/quantity'
import { DAY_MS } from '@postrider/time/day'

/** A list that is gone through for every message, and for every change of anybody's. */
const MAX_SENDERS = 1000
/** Days. The broker keeps content for as long as the longest one, and counts in nanoseconds: it ends at 292 years. */
const MAX_RETENTION = 3650

export interface Excess {
  path: string
  problem: string
}

/** Of a spec as it is stored, valid or not. Pure. */
export function tooLong(spec: unknown): Excess[] {
  if (typeof spec !== 'object' || spec === null || !('allowedSenders' in spec)) return []
  const { allowedSenders } = spec
  if (!Array.isArray(allowedSenders) || allowedSenders.length <= MAX_SENDERS) return []
  const problem = `has ${allowedSenders.length} entries, but at most ${MAX_SENDERS} are allowed; *@domain allows all addresses of a domain`
  return [{ path: 'spec.allowedSenders', problem }]
}

/** What one tenant asks for and many would pay for: the others' configuration could not be published with it. Pure. */
export function excesses(resource: AnyResource): Excess[] {
  if (resource.kind === 'Domain') {
    const { retention } = resource.spec
    if (durationMs(retention) <= MAX_RETENTION * DAY_MS) return []
    return [{ path: 'spec.retention', problem: `is ${retention}, but must be at most ${MAX_RETENTION}d` }]
  }
  if (resource.kind !== 'SMTPCredential') return []
  return resource.spec.passwordHashes.flatMap((verifier, index) => {
    const wrong = wrongWith(verifier)
    return wrong === undefined ? [] : [{ path: `spec.passwordHashes[${index}]`, problem: wrong }]
  })
}

/** The verifier itself is nobody's to read. */
function wrongWith(verifier: string): string | undefined {
  try {
    parseVerifier(verifier)
    return undefined
  } catch (error) {
    if (error instanceof BadVerifierError) return `is not a usable verifier: ${error.message}`
    throw error
  }
}
