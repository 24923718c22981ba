import { watchClock } from '@postrider/clock/clock'
import { openBroker } from '@postrider/broker/connection'
import { DELIVERY } from '@postrider/contract/delivery'
import { triedSince } from '@postrider/mail/envelope'
import { openFatalAttempts } from '@postrider/queue/fatal-attempts'
import { joinPeers } from '@postrider/queue/peers'
import { watchCancellations } from '@postrider/queue/cancellations'
import { createEventLog } from '@postrider/queue/publish-events'
import type { Job } from '@postrider/queue/job'
import { createSettled } from '@postrider/queue/settled'
import { stopBounds } from '@postrider/queue/stop'
import { takeJobs } from '@postrider/queue/take'
import { reportConfig } from '@postrider/runtime-config/report'
import { watchConfig } from '@postrider/runtime-config/store'
import { runService } from '@postrider/service/service'
import { loggedTrouble } from '@postrider/service/trouble'
import { createAttempt } from './attempt.ts'
import { Admission } from './capacity/admission.ts'
import { deliver } from './deliver.ts'
import { createIsolation } from './isolation.ts'
import { InFlight } from './in-flight.ts'
import { createMetrics } from './metrics.ts'
import type { Decision } from './outcome/decide-outcome.ts'
import { deferOnFault } from './outcome/local-fault.ts'
import { createResolver } from './route/resolver.ts'
import { siteTimes } from './site/site.ts'
import { createSites } from './site/sites.ts'

await runService('delivery', DELIVERY, async ({ settings, log, registry, needs, onStop }) => {
  const broker = await openBroker('delivery', settings.broker)
  onStop(() => broker.close())
  needs(() => (broker.connected ? undefined : 'the broker cannot be reached'))
  const clock = await watchClock(broker, registry)
  onStop(() => clock.stop())
  const cancellations = await watchCancellations(broker, loggedTrouble(log, 'cancellation-watch'))
  onStop(() => cancellations.stop())
  const live = await watchConfig(broker, reportConfig(registry, log))
  const config = () => live.current
  let resolver = createResolver(config().platform.resolvers)
  let resolvers = config().platform.resolvers.join()
  live.onChange(({ platform }) => {
    if (platform.resolvers.join() === resolvers) return
    resolvers = platform.resolvers.join()
    resolver = createResolver(platform.resolvers)
  })
  const sites = createSites(() => siteTimes(config().platform.retry))
  onStop(() => sites.close())
  const admission = new Admission(settings.jobsPerStream)
  const metrics = createMetrics(registry, {
    connections: () => sites.connections,
    inFlight: () => taker.inFlight,
    slow: () => admission.slow,
  })
  const observe = ({ envelope }: Job, { event, replies }: Decision, startedAt: number): void => {
    metrics.attemptSeconds.observe((event.at - startedAt) / 1000)
    for (const [index, { address, state, reply, category, stage }] of event.outcomes.entries()) {
      if (state === 'delivered') {
        metrics.delivered.inc()
        metrics.queueSeconds.observe((event.at - triedSince(envelope)) / 1000)
      } else {
        metrics[state === 'failed' ? 'bounced' : 'deferred'].inc({ category })
      }
      const { id, attempt, destination, nextAt, remote } = event
      const next = state === 'deferred' && nextAt !== undefined ? { nextAt: new Date(nextAt).toISOString() } : {}
      log.info({
        event: state,
        id,
        to: address,
        attempt,
        destination,
        host: remote?.host,
        tls: remote?.tls,
        reply: replies[index] ?? reply,
        category,
        stage,
        ...next,
      })
    }
  }
  const inFlight = new InFlight()
  const peers = joinPeers(broker, {
    inFlightHere: (key) => inFlight.has(key),
    onError: (error) => log.warn({ event: 'peers-failed', err: error }),
  })
  onStop(() => peers.close())
  const engine = {
    broker,
    clock,
    inFlight,
    peers,
    cancellations,
    events: createEventLog(broker, 'delivery'),
    settled: createSettled(broker),
    config,
    attempt: deferOnFault(
      createAttempt({
        broker,
        config,
        resolver: () => resolver,
        sites,
        cancellations,
        ambiguous: () => metrics.ambiguous.inc(),
      }),
      (error, { envelope: { id }, destination }) => {
        metrics.faults.inc()
        log.error({ event: 'attempt-failed', id, destination, err: error })
      },
    ),
    admission,
    observe,
    postponed: ({ envelope, destination }: Job, delayMs: number) => {
      metrics.postponed.inc()
      log.debug({ event: 'postponed', id: envelope.id, destination, delayMs })
    },
  }
  const isolate = createIsolation(
    broker,
    openFatalAttempts(broker, loggedTrouble(log, 'attempt-count')),
    (error, { job, deliveries }) =>
      log.error({ event: 'quarantined', id: job.envelope.id, destination: job.destination, deliveries, err: error }),
  )
  const taker = takeJobs(broker, {
    shards: settings.shards,
    capacity: settings.jobsPerStream,
    handle: (taken) => isolate(taken, () => deliver(taken, engine)),
    onError: (error, stream) => log.warn({ event: 'fetch-failed', stream, err: error }),
    onLost: ({ envelope, destination }, phase) => {
      metrics.leasesLost.inc({ final_dot: phase === 'final' ? 'sent' : 'not-sent' })
      log.warn({ event: 'lease-lost', id: envelope.id, destination, phase })
    },
  })
  // Jobs without a begun attempt return to the queue at once. Transactions in progress get a bounded time to finish.
  onStop(() => taker.stop(stopBounds(config().platform.timeouts.finalMs)))
})
