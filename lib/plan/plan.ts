import type { RuntimeConfig } from '@postrider/runtime-config/config'
import type { AnyResource } from '@postrider/resources/kinds'
import type { Problem } from '@postrider/resources/read'
import { planCredentials } from './credentials.ts'
import { planDeployment } from './deployment.ts'
import type { Deployment } from './deployment.ts'
import { planDomains } from './domains.ts'
import { Inventory } from './inventory.ts'
import type { Observed, Wanted } from './observed.ts'
import { planPlatform } from './platform.ts'
import { planPolicies } from './policies.ts'
import { planSenders } from './senders.ts'
import type { PlannedSender } from './senders.ts'

export interface Plan {
  config: RuntimeConfig
  /** The processes to run, and their settings. */
  deployment: Deployment
  wanted: Wanted[]
  /** Sender addresses, verified or not. */
  senders: PlannedSender[]
}

/** Computes the plan from the resources. Pure, and the same for files and for Kubernetes. Returns the plan, or all problems. */
export function plan(resources: AnyResource[], observed: Observed): { plan: Plan } | { problems: Problem[] } {
  const inventory = new Inventory(resources)
  const platforms = inventory.all('MailPlatform')
  const [platform, second] = platforms
  if (platform === undefined) {
    return {
      problems: [
        ...inventory.problems,
        { origin: '', resource: 'MailPlatform', path: '', problem: 'is missing; exactly one is required' },
      ],
    }
  }
  if (second !== undefined)
    inventory.report(second, 'kind', `must occur only once; another MailPlatform is in ${platform.origin}`)
  const wanted: Wanted[] = []
  const config: RuntimeConfig = {
    platform: planPlatform(platform, inventory),
    domains: planDomains(inventory, observed, platform, wanted),
    credentials: planCredentials(inventory, observed, platform, wanted),
    ...planPolicies(inventory),
  }
  const senders = planSenders(inventory, observed, platform, config)
  const deployment = planDeployment(platform, config, inventory)
  return inventory.problems.length > 0
    ? { problems: inventory.problems }
    : { plan: { config, deployment, wanted, senders } }
}
