import { watchClock } from '@postrider/clock/clock'
import { createVerdicts } from '@postrider/authentication/verdict-cache'
import { createLogin } from '@postrider/authentication/login'
import { createLoginGuard } from '@postrider/authentication/login-guard'
import { openBroker } from '@postrider/broker/connection'
import { API } from '@postrider/contract/api'
import { reportConfig } from '@postrider/runtime-config/report'
import { watchConfig } from '@postrider/runtime-config/store'
import { watchReputations } from '@postrider/reputation/watch'
import { runService } from '@postrider/service/service'
import { loggedTrouble } from '@postrider/service/trouble'
import { openCertificates } from '@postrider/tls/certificates'
import { signCms } from '@postrider/tls/cms'
import { createAnswer } from './answer.ts'
import { readUse } from './limits/read-use.ts'
import { limitsRoute } from './limits/route.ts'
import { createMetrics } from './metrics.ts'
import { createRouter } from './router.ts'
import { ROUTES } from './routes.ts'
import { listen } from './server.ts'

await runService('api', API, async ({ settings, log, registry, needs, onStop }) => {
  const broker = await openBroker('api', settings.broker)
  onStop(() => broker.close())
  needs(() => (broker.connected ? undefined : 'the broker cannot be reached; configuration changes are not applied'))
  const clock = await watchClock(broker, registry)
  onStop(() => clock.stop())
  const live = await watchConfig(broker, reportConfig(registry, log))
  const certificates = openCertificates(settings.certificates, (error) =>
    log.error({ event: 'certificate-invalid', err: error }),
  )
  const { host, port, httpPort, submission, publicHost } = settings
  const metrics = createMetrics(registry)
  const reputations = await watchReputations(
    broker,
    (account, _, error) => log.error({ event: 'reputation-invalid', account, err: error }),
    loggedTrouble(log, 'reputation-watch'),
  )
  const limits = limitsRoute({
    now: clock.now,
    useOf: (account) => readUse(broker, account),
    reputationOf: reputations.of,
  })
  const answer = createAnswer({
    find: createRouter([...ROUTES, limits]),
    context: {
      config: () => live.current,
      login: createLogin({
        credentials: () => live.current.credentials,
        verdicts: createVerdicts(),
        guard: createLoginGuard(() => live.current.platform.protection),
      }),
      submission,
      publicHost,
      sign: (content) => signCms(content, certificates.current.first),
    },
    answered: (path = 'none', status, remoteAddress) => {
      metrics.requests.inc({ path, status: String(status) })
      // Without the query, which contains people's addresses.
      log.debug({ event: 'answered', path, status, remoteAddress })
      if (status === 401 || status === 429) log.info({ event: 'login-refused', path, remoteAddress })
    },
    onError: (error) => log.error({ event: 'request-failed', err: error }),
  })
  const https = await listen({ host, port, certificates: certificates.current, answer })
  const http = await listen({ host, port: httpPort, answer })
  log.info({ event: 'listening', host, https: https.port, http: http.port })
  onStop(async () => {
    await Promise.all([https.close(), http.close()])
  })
  const unwatch = certificates.onChange((renewed, file) => {
    https.updateCertificates(renewed)
    log.info({ event: 'certificate-renewed', file })
  })
  onStop(unwatch)
})
