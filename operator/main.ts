import { OPERATOR } from '@postrider/contract/operator'
import { runService } from '@postrider/service/service'
import { openCluster } from '@postrider/kubernetes/transport/client'
import { runAsLeader } from '@postrider/kubernetes/lease/lease'
import { lead } from './lead.ts'
import type { Lead } from './lead.ts'
import { createMetrics } from './metrics.ts'
import { settingsOf } from './settings.ts'

await runService('operator', OPERATOR, ({ settings: given, log, registry, needs, onStop }) => {
  const settings = settingsOf(given)
  const cluster = openCluster(given.tokenFolder === undefined ? {} : { serviceAccount: given.tokenFolder })
  onStop(() => cluster.close())
  let current: Lead | undefined
  const metrics = createMetrics(registry, {
    leading: () => current !== undefined,
    domains: () => current?.world.domains.list() ?? [],
    certificateEndsAt: () => current?.platform.certificateEndsAt,
    broker: () => current?.configuration.broker,
  })
  const leadership = runAsLeader({
    cluster,
    namespace: settings.namespace,
    name: settings.lease,
    identity: settings.identity,
    async onStart(signal) {
      log.info({ event: 'leading' })
      await lead({ cluster, settings, log, metrics, onLead: (now) => (current = now) }, signal)
    },
    onLost: (reason) => log.warn({ event: 'leadership-lost', reason }),
    onError: (error) => log.warn({ event: 'lease-failed', err: error }),
  })
  // A candidate is ready as soon as it sees a leader: it has nothing to do, and must not delay a rollout.
  needs(() => (leadership.leading || leadership.leader !== '' ? undefined : 'no replica leads yet'))
  onStop(() => leadership.stop())
  return Promise.resolve()
})
