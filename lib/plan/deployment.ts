import type { RuntimeConfig } from '@postrider/runtime-config/config'
import type { Resource } from '@postrider/resources/kinds'
import { DAY_MS } from '@postrider/time/day'
import { planBroker } from './broker.ts'
import type { BrokerPlan } from './broker.ts'
import { planCertificates } from './certificates.ts'
import type { CertificatesPlan } from './certificates.ts'
import type { Inventory } from './inventory.ts'
import { checkListeners } from './listeners.ts'
import { planServices } from './services.ts'
import type { ServicesPlan } from './services.ts'
import { ownSubmission } from './submission.ts'

/** What has to run for the plan. A provider decides how: as local processes, or as Deployments in Kubernetes. */
export interface Deployment extends ServicesPlan {
  certificates: CertificatesPlan
  broker: BrokerPlan & { contentBackstopMs: number; eventsMs: number }
  telemetry: { address: string; basePort: number }
  sandbox?: { port: number }
}

const WEEK_MS = 7 * DAY_MS

export function planDeployment(
  platform: Resource<'MailPlatform'>,
  config: RuntimeConfig,
  inventory: Inventory,
): Deployment {
  const { telemetry, sandbox, api } = platform.spec
  checkListeners(platform, config, inventory)
  if (api.port === api.httpPort) inventory.report(platform, 'spec.api.httpPort', 'must differ from spec.api.port')
  const longestRetention = Math.max(0, ...[...config.domains.values()].map(({ retentionMs }) => retentionMs))
  // The lifetime of a scheduled message begins at its release.
  const lifetime = config.platform.longestHoldMs + config.platform.retry.lifetimeMs
  return {
    ...planServices(platform, ownSubmission(platform)),
    certificates: planCertificates(platform, inventory),
    broker: {
      ...planBroker(platform, inventory),
      // A safety net behind the retention that the notifier enforces, long enough that it normally never deletes a message.
      contentBackstopMs: lifetime + longestRetention + (config.platform.heldMs ?? 0) + 4 * WEEK_MS,
      eventsMs: lifetime + config.platform.placeholderMs + WEEK_MS,
    },
    telemetry,
    ...(sandbox === undefined ? {} : { sandbox }),
  }
}
