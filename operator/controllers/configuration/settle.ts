import { plan } from '@postrider/plan/plan'
import type { Observed } from '@postrider/plan/observed'
import type { Plan } from '@postrider/plan/plan'
import type { AnyResource, Resource } from '@postrider/resources/kinds'
import type { Problem } from '@postrider/resources/read'
import { findingKey } from './gather.ts'
import type { Findings, Gathered } from './gather.ts'
import { overlaps } from './overlap.ts'

export interface Settled {
  /** undefined when the MailPlatform itself is at fault: the last good configuration stays. */
  plan: Plan | undefined
  platformProblems: Problem[]
  findings: Findings
}

/** Plans with all resources that fit together: one with a problem is left out, and so are those that need it. Pure.
 * `maySend` says whether a Domain (`namespace/name`) is verified as far as the platform wants it. */
export function settlePlan(
  { platform, resources, findings }: Gathered,
  observed: Observed,
  maySend: (domain: string) => boolean,
): Settled {
  const all = new Map(findings)
  let left = resources.map((resource) => (resource.kind === 'Domain' ? held(resource, maySend) : resource))
  for (;;) {
    const result = plan(left, observed)
    if ('plan' in result) {
      for (const [object, found] of overlaps(result.plan.config.policies, platform.namespace)) all.set(object, found)
      return { plan: result.plan, platformProblems: [], findings: all }
    }
    const mine = labelOf(platform)
    const own = result.problems.filter(({ resource }) => resource === mine)
    const bad = new Set(result.problems.map(({ resource }) => resource))
    bad.delete(mine)
    // When others are at fault as well the platform's problem may only follow from theirs.
    if (bad.size === 0) return { plan: undefined, platformProblems: own, findings: all }
    for (const { resource, path, problem } of result.problems) {
      if (resource === mine) continue
      const [kind, key] = resource.split(' ') as [AnyResource['kind'], string]
      const before = all.get(findingKey(kind, key)) ?? []
      all.set(findingKey(kind, key), [...before, { reason: 'Invalid', message: `${path} ${problem}` }])
    }
    left = left.filter((resource) => !bad.has(labelOf(resource)))
  }
}

const labelOf = ({ kind, namespace, name }: Pick<AnyResource, 'kind' | 'namespace' | 'name'>): string =>
  `${kind} ${namespace}/${name}`

/** A Domain that may not send yet is there, with its logins, and takes nothing. */
function held(domain: Resource<'Domain'>, maySend: (domain: string) => boolean): AnyResource {
  if (maySend(`${domain.namespace}/${domain.name}`)) return domain
  return { ...domain, spec: { ...domain.spec, state: 'Suspended' } }
}
