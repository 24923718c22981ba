import type { DkimConfig, RuntimeConfig } from '@postrider/runtime-config/config'
import type { AnyResource, Kind, Resource } from '@postrider/resources/kinds'
import type { Problem } from '@postrider/resources/read'
import { planCredentials } from './credentials.ts'
import { planDeployment } from './deployment.ts'
import type { Deployment } from './deployment.ts'
import { planDomains } from './domains.ts'
import { planPlatform } from './platform.ts'
import { planPolicies } from './policies.ts'

/** What is there already, beside the resources: things that are made once and kept. */
export interface Observed {
  /** Verifiers of generated passwords, by `namespace/name` of the SMTPCredential. */
  verifiers: Map<string, string[]>
  /** Sealed private keys, by `domain/selector`. */
  dkimKeys: Map<string, string>
  /** Keys that sign, by domain name, where the provider chooses them; else each algorithm has one selector. */
  signing?: Map<string, DkimConfig[]>
}

/** A thing that the plan needs and that is not there yet. The provider makes it and plans again. */
export type Wanted =
  | { thing: 'password'; credential: Resource<'SMTPCredential'> }
  | { thing: 'dkim-key'; domain: string; selector: string; algorithm: 'rsa-sha256' | 'ed25519-sha256' }

export interface Plan {
  config: RuntimeConfig
  /** What has to run, and with which settings of its own. */
  deployment: Deployment
  wanted: Wanted[]
}

/** Finds resources by kind and name, and gathers what is wrong between them. */
export class Inventory {
  readonly problems: Problem[] = []
  readonly #resources: AnyResource[]

  constructor(resources: AnyResource[]) {
    this.#resources = resources
    const seen = new Map<string, AnyResource>()
    for (const resource of resources) {
      const key = `${resource.kind} ${resource.namespace}/${resource.name}`
      const other = seen.get(key)
      if (other !== undefined) this.report(resource, 'metadata.name', `is declared twice, here and in ${other.origin}`)
      seen.set(key, resource)
    }
  }

  all<K extends Kind>(kind: K): Resource<K>[] {
    return this.#resources.filter((resource): resource is AnyResource & Resource<K> => resource.kind === kind)
  }

  /** What a reference names; a problem and undefined when there is no such resource. */
  find<K extends Kind>(
    kind: K,
    reference: { name: string } | undefined,
    from: AnyResource,
    path: string,
  ): Resource<K> | undefined {
    if (reference === undefined) return undefined
    // The platform's own references may point anywhere it lives; tenants' stay in their namespace.
    const found = this.all(kind).find(({ namespace, name }) => namespace === from.namespace && name === reference.name)
    if (found === undefined) {
      const known = this.all(kind).filter(({ namespace }) => namespace === from.namespace)
      const names = known.map(({ name }) => name).join(', ') || 'none'
      this.report(
        from,
        path,
        `names ${kind} ${reference.name}, which is not in namespace ${from.namespace}; there: ${names}`,
      )
    }
    return found
  }

  report({ origin, kind, namespace, name }: AnyResource, path: string, problem: string): void {
    this.problems.push({ origin, resource: `${kind} ${namespace}/${name}`, path, problem })
  }
}

/** From resources to what runs. Pure: the same for files and for Kubernetes. Returns the plan, or all that is wrong. */
export function plan(resources: AnyResource[], observed: Observed): { plan: Plan } | { problems: Problem[] } {
  const inventory = new Inventory(resources)
  const platforms = inventory.all('MailPlatform')
  const [platform, second] = platforms
  if (platform === undefined) {
    return {
      problems: [
        ...inventory.problems,
        { origin: '', resource: 'MailPlatform', path: '', problem: 'is missing: one is needed' },
      ],
    }
  }
  if (second !== undefined)
    inventory.report(second, 'kind', `there may be one MailPlatform; another is in ${platform.origin}`)
  const wanted: Wanted[] = []
  const config: RuntimeConfig = {
    platform: planPlatform(platform, inventory),
    domains: planDomains(inventory, observed, platform, wanted),
    credentials: planCredentials(inventory, observed, platform, wanted),
    ...planPolicies(inventory),
  }
  const deployment = planDeployment(platform, config, inventory)
  return inventory.problems.length > 0 ? { problems: inventory.problems } : { plan: { config, deployment, wanted } }
}
