import { describeRef } from '@postrider/kubernetes/object/object'
import type { Finding, Findings } from './gather.ts'

/** What a DestinationPolicy matches, in the order in which policies are tried. */
export interface Matching {
  name: string
  domains: string[]
  mx: string[]
}

/** Findings about patterns that an earlier policy already matches, which makes them ineffective. Pure. */
export function overlaps(policies: Matching[], namespace: string): Findings {
  const takenBy = new Map<string, string>()
  const found: Findings = new Map()
  for (const { name, domains, mx } of policies) {
    const sites = mx.length === 0 ? ['any MX'] : mx
    const pairs = domains.flatMap((domain) => sites.map((site) => `${domain} by ${site}`))
    const taken = pairs.filter((pair) => takenBy.has(pair))
    if (taken.length > 0)
      found.set(describeRef({ kind: 'DestinationPolicy', namespace, name }), [finding(taken, pairs)])
    for (const pair of pairs) if (!takenBy.has(pair)) takenBy.set(pair, name)
  }
  return found

  function finding(taken: string[], all: string[]): Finding {
    const list = taken.map((pair) => `${pair} (DestinationPolicy ${takenBy.get(pair) ?? ''})`).join(', ')
    const whole = taken.length === all.length
    const message = `${whole ? 'never applied: ' : ''}a policy with higher precedence already matches ${list}; keep each match in only one policy`
    return { reason: whole ? 'Shadowed' : 'Overlapping', message }
  }
}
