import { plan } from '@postrider/plan/plan'
import type { Observed } from '@postrider/plan/observed'
import type { Plan } from '@postrider/plan/plan'
import type { AnyResource, Resource } from '@postrider/resources/kinds'
import type { Problem } from '@postrider/resources/read'
import { describeRef, keyFor } from '@postrider/kubernetes/object/object'
import type { Findings, Gathered } from './gather.ts'
import { overlaps } from './overlap.ts'

export interface Settled {
  /** Undefined if the MailPlatform itself is invalid: the last valid configuration stays. */
  plan: Plan | undefined
  platformProblems: Problem[]
  findings: Findings
}

/** Plans with all resources that are consistent: leaves out those with a problem, and those that depend on them. Pure.
 * `maySend` says whether a Domain (`namespace/name`) is verified as far as the platform requires. */
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
    // The plan names resources as `describeRef` does.
    const mine = describeRef(platform)
    const own = result.problems.filter(({ resource }) => resource === mine)
    const bad = new Set(result.problems.map(({ resource }) => resource))
    bad.delete(mine)
    // If other resources have problems too, they may be the cause of the platform's problem.
    if (bad.size === 0) return { plan: undefined, platformProblems: own, findings: all }
    for (const { resource, path, problem } of result.problems) {
      if (resource === mine) continue
      all.set(resource, [...(all.get(resource) ?? []), { reason: 'Invalid', message: `${path} ${problem}` }])
    }
    left = left.filter((resource) => !bad.has(describeRef(resource)))
  }
}

/** A Domain that may not send yet is planned with its logins, but as suspended. */
function held(domain: Resource<'Domain'>, maySend: (domain: string) => boolean): AnyResource {
  if (maySend(keyFor(domain.namespace, domain.name))) return domain
  return { ...domain, spec: { ...domain.spec, state: 'Suspended' } }
}
