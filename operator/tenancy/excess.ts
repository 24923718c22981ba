import { BadVerifierError, parseVerifier } from '@postrider/authentication/hash'
import type { AnyResource } from '@postrider/resources/kinds'
import { durationMs } from '@postrider/resources/quantity'
import { DAY_MS } from '@postrider/time/day'

/** The list is searched for every message, and for every change of any tenant. */
const MAX_SENDERS = 1000
/** Days. The broker keeps content for the longest retention of all, in nanoseconds, which overflow after 292 years. */
const MAX_RETENTION = 3650

export interface Excess {
  path: string
  problem: string
}

/** Checks a stored spec, valid or not. Pure. */
export function tooLong(spec: unknown): Excess[] {
  if (typeof spec !== 'object' || spec === null || !('allowedSenders' in spec)) return []
  const { allowedSenders } = spec
  if (!Array.isArray(allowedSenders) || allowedSenders.length <= MAX_SENDERS) return []
  const problem = `has ${allowedSenders.length} entries, but at most ${MAX_SENDERS} are allowed; *@domain allows all addresses of a domain`
  return [{ path: 'spec.allowedSenders', problem }]
}

/** Values of one tenant that would prevent the configuration of all tenants from being published. Pure. */
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

/** Does not quote the verifier, which is secret. */
function wrongWith(verifier: string): string | undefined {
  try {
    parseVerifier(verifier)
    return undefined
  } catch (error) {
    if (error instanceof BadVerifierError) return `is not a usable verifier: ${error.message}`
    throw error
  }
}
