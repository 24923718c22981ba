import { watchClock } from '@postrider/clock/clock'
import { createVerdicts } from '@postrider/authentication/verdict-cache'
import { createAcceptor } from '@postrider/queue/accept'
import { maxPayloadOf } from '@postrider/broker/connection'
import { openBroker } from '@postrider/broker/connection'
import { INGRESS } from '@postrider/contract/ingress'
import { createDiscard } from '@postrider/queue/discard'
import { hold } from '@postrider/queue/held'
import { createEventLog } from '@postrider/queue/publish-events'
import { maxEnvelopeBytes } from '@postrider/queue/record-size'
import { createKeyring } from '@postrider/runtime-config/keyring'
import { readPlatformKey } from '@postrider/secrets/seal'
import { reportConfig } from '@postrider/runtime-config/report'
import { watchConfig } from '@postrider/runtime-config/store'
import { watchReputations } from '@postrider/reputation/watch'
import { runService } from '@postrider/service/service'
import { loggedTrouble } from '@postrider/service/trouble'
import { createConnectionLimiter } from './guard/connection-limiter.ts'
import { createLogin } from '@postrider/authentication/login'
import { createLoginGuard } from '@postrider/authentication/login-guard'
import { createAcceptance } from './message/accept.ts'
import { createReceiver } from './message/receive.ts'
import { createMetrics } from './metrics.ts'
import type { ConnectionRefusal } from './session/submission-server.ts'
import { declaredAccounts } from './policy/accounts.ts'
import { watchDisk } from './policy/disk.ts'
import { openLedger } from './policy/ledger.ts'
import { openSessionLeases } from './policy/session-leases.ts'
import { createAuthenticator } from './session/authenticate.ts'
import { openCertificates } from '@postrider/tls/certificates'
import { createEnvelopeRoom } from './session/envelope-room.ts'
import { createHandlers } from './session/handlers.ts'
import { listen } from './session/listener.ts'
import type { Listener } from './session/listener.ts'
import { createScanning } from './scan/start.ts'
import { createRevoker } from './session/revoke.ts'

/** How often the connection limiter closes unauthenticated clients whose login deadline has passed. Ten sweeps a second spread the closing
 * of a flood, so that mail is served in between. Milliseconds. */
const SWEEP_MS = 100

/** Bound on the events that are buffered while the broker is unreachable, about 20,000 of them; further events are dropped. Octets. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024

await runService('ingress', INGRESS, async ({ settings, log, registry, needs, onStop }) => {
  const broker = await openBroker('ingress', settings.broker)
  onStop(() => broker.close())
  needs(() => (broker.connected ? undefined : 'the broker cannot be reached; mail is answered 451'))
  const clock = await watchClock(broker, registry)
  onStop(() => clock.stop())
  const live = await watchConfig(broker, reportConfig(registry, log))
  const config = () => live.current
  const accounts = declaredAccounts(live)
  const keysOf = createKeyring(readPlatformKey(settings.platformKeyFile))
  const certificates = openCertificates(settings.certificates, (error) =>
    log.error({ event: 'certificate-invalid', err: error }),
  )

  const protection = () => config().platform.protection
  const guard = createLoginGuard(protection)
  const limiter = createConnectionLimiter(protection, guard.knowsNetwork)
  const listeners: Listener[] = []
  const metrics = createMetrics(
    registry,
    () => listeners,
    limiter,
    (scanner) => scans.breaker(scanner),
  )
  const events = createEventLog(broker, 'ingress', {
    maxWaitingBytes: MAX_WAITING_BYTES,
    // No message depends on an event of the ingress, so a rejected one is dropped.
    refused: (_, error) => Promise.reject(new Error('the broker rejected the event', { cause: error })),
  })
  const scans = createScanning({ events, now: clock.now, live, metrics, log })
  const withdraw = { discard: createDiscard(events, clock.now) }
  const storing = { waitMs: settings.storeWaitMs, withdraw }
  const acceptor = createAcceptor(broker, settings.shards, storing)
  const disk = await watchDisk(settings.queueFolder, settings.queueReserveBytes, loggedTrouble(log, 'disk-check'))
  onStop(() => disk.close())
  needs(() => (disk.hasRoom ? undefined : "the queue's disk is nearly full; mail is answered 452"))
  const accept = createAcceptance({
    config,
    clock,
    acceptor,
    ledger: await openLedger(broker, clock.now, accounts, loggedTrouble(log, 'limit-counts')),
    hasRoom: () => disk.hasRoom,
    keysOf,
    scans,
    hold: (envelope, { scanner, reason }, content, signal) =>
      hold(broker, envelope, { scanner, reason }, content, { ...storing, signal }),
    accepted: (envelope, startedAt) => {
      metrics.accepted.inc()
      metrics.acceptedBytes.inc(envelope.size)
      metrics.acceptSeconds.observe((clock.now() - startedAt) / 1000)
      const { id, from, credential, size, recipients, messageId } = envelope
      log.info({ event: 'accepted', id, from, credential, size, recipients: recipients.length, messageId })
    },
  })
  const sessions = await openSessionLeases(broker, clock.now, accounts, loggedTrouble(log, 'session-leases'))
  onStop(() => sessions.stop())
  const reputations = await watchReputations(
    broker,
    (account, _, error) => log.error({ event: 'reputation-invalid', account, err: error }),
    loggedTrouble(log, 'reputation-watch'),
  )
  const login = createLogin({ credentials: () => config().credentials, verdicts: createVerdicts(), guard })
  const handlers = createHandlers({
    now: clock.now,
    sessions,
    reputationOf: reputations.of,
    envelopeRoom: createEnvelopeRoom(() => maxEnvelopeBytes(maxPayloadOf(broker))),
    config,
    authenticate: createAuthenticator(login),
    receive: createReceiver(),
    accept,
    refused: ({ reason, responseCode, message, cause }, session) => {
      metrics.refused.inc({ reason })
      const { remoteAddress, user } = session as { remoteAddress: string; user?: unknown }
      log.info({
        event: 'refused',
        reason,
        code: responseCode,
        reply: message,
        remoteAddress,
        user,
        ...(cause ? { err: cause } : {}),
      })
    },
  })
  const connectionRejected = (reason: ConnectionRefusal, remoteAddress: string): void => {
    metrics.rejected.inc({ reason })
    log.debug({ event: 'connection-rejected', reason, remoteAddress })
  }
  const sweeping = setInterval(() => limiter.sweep(), SWEEP_MS)
  onStop(() => clearInterval(sweeping))
  const onError = (error: Error): void => log.debug({ event: 'session-error', err: error })
  for (const wanted of settings.listeners) {
    const { hostName, messageBytes } = config().platform
    const listener = await listen({
      settings: wanted,
      hostName,
      messageBytes,
      certificates: certificates.current,
      handlers,
      limiter,
      protection,
      connectionRejected,
      onError,
    })
    listeners.push(listener)
    log.info({ event: 'listening', kind: wanted.kind, host: wanted.host, port: listener.port })
  }
  live.onChange(createRevoker(config, listeners))
  // Stop handlers run in reverse order: sessions finish their message first, and the broker connection closes after them.
  onStop(async () => {
    await Promise.all(listeners.map((listener) => listener.close()))
  })
  const unwatch = certificates.onChange((renewed, file) => {
    for (const listener of listeners) listener.updateCertificates(renewed)
    log.info({ event: 'certificate-renewed', file })
  })
  onStop(unwatch)
})
