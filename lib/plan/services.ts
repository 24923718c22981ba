import type { API } from '@postrider/contract/api'
import type { SettingsOf } from '@postrider/contract/contract'
import type { INGRESS } from '@postrider/contract/ingress'
import type { Submission } from '@postrider/contract/submission'
import type { Resource } from '@postrider/resources/kinds'
import { listenerSettings } from './listeners.ts'

/** The number of processes of each service, and those settings that do not depend on the provider. A provider adds the others: the
 * broker, files and the address of telemetry. */
export interface ServicesPlan {
  ingress: { replicas: number; settings: Pick<SettingsOf<typeof INGRESS>, 'listeners'> }
  delivery: { replicas: number }
  api: {
    replicas: number
    settings: Pick<SettingsOf<typeof API>, 'host' | 'port' | 'httpPort' | 'publicHost' | 'submission'>
  }
}

/** `submission`: the host and ports to which clients submit. */
export function planServices({ spec }: Resource<'MailPlatform'>, submission: Submission): ServicesPlan {
  const { ingress, delivery, api } = spec
  const { address: host, port, httpPort, publicHost } = api
  return {
    ingress: { replicas: ingress.replicas, settings: { listeners: listenerSettings(ingress.listeners) } },
    delivery: { replicas: delivery.replicas },
    api: { replicas: api.replicas, settings: { host, port, httpPort, publicHost, submission } },
  }
}
