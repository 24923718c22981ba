import type { Server } from 'node:net'
import { INGRESS_CLOSE_MS } from '@postrider/contract/ingress'
import type { ListenerSettings } from '@postrider/contract/listener'
import type { SMTPServerOptions, SMTPServerSession } from 'smtp-server'
import type { ProtectionConfig } from '@postrider/runtime-config/protection'
import type { ConnectionLimiter } from '../guard/connection-limiter.ts'
import { isWithin, parseNetworks } from '@postrider/authentication/network'
import type { Networks } from '@postrider/authentication/network'
import { RefusalError } from '@postrider/smtp/refusal'
import { SubmissionServer } from './submission-server.ts'
import type { SubmissionRules } from './submission-server.ts'
import type { EndSessions } from './revoke.ts'
import type { SessionHandlers } from './handlers.ts'
import type { Certificates } from '@postrider/tls/certificates'
import { clientCertificateOptions } from './client-certificate.ts'
import { contextsOf } from '@postrider/tls/contexts'
import type { ContextOf } from '@postrider/tls/contexts'
import { TLS_OPTIONS } from './tls-options.ts'

export interface ListenerOptions {
  settings: ListenerSettings
  hostName: string
  messageBytes: number
  certificates: Certificates
  handlers: SessionHandlers
  limiter: ConnectionLimiter
  protection: () => ProtectionConfig
  connectionRejected: SubmissionRules['connectionRejected']
  onError: (error: Error) => void
}

export interface Listener {
  settings: ListenerSettings
  port: number
  readonly connections: number
  /** Uses these certificates for new connections. */
  updateCertificates(certificates: Certificates): void
  endSessions: EndSessions
  /** Accepts no more connections; open sessions may finish their current message. */
  close(): Promise<void>
}

/** A session without traffic for this long is closed (RFC 5321, 4.5.3.2.7: at least 5 minutes). */
const IDLE_MS = 5 * 60_000
const SWEEP_MS = 1000
/** The longest line is AUTH with an initial response: 12288 and CR LF (RFC 4954, 4). Octets. */
const MAX_COMMAND = 12_290

/** Opens the port; rejects when it is in use or may not be bound. */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const { settings, certificates, handlers, onError, limiter, protection } = options
  const { clientCertificate } = settings
  const trusted = settings.kind === 'relay' ? parseNetworks(settings.networks) : []
  let contextOf: ContextOf = contextsOf(certificates, TLS_OPTIONS)
  const server: SubmissionServer = new SubmissionServer(
    {
      ...serverOptions(options, trusted, (session) => server.loggedIn(session.id)),
      ...certificates.first,
      ...clientCertificateOptions(clientCertificate, certificates.clientCa),
      SNICallback: (serverName, callback) => callback(null, contextOf(serverName)),
    },
    {
      offers: handlers.offers,
      admission: { limiter, trusted, proxies: parseNetworks(settings.proxies) },
      protection,
      clientCertificate,
      onExternal: (login, session, answer) =>
        handlers.onExternal(login, session, (error, response) => {
          if (!error) server.loggedIn(session.id)
          answer(error, response)
        }),
      connectionRejected: options.connectionRejected,
    },
  )
  const sweep = setInterval(() => server.endSlow(), SWEEP_MS).unref()
  // A client that disconnects or fails the TLS handshake must not stop the server.
  server.on('error', onError)
  const listening: Server = server.server
  await new Promise<void>((resolve, reject) => {
    listening.once('error', reject)
    listening.listen(
      { host: settings.host, port: settings.port, reusePort: process.platform === 'linux' && settings.port !== 0 },
      () => {
        listening.off('error', reject)
        resolve()
      },
    )
  })
  const address = listening.address()
  return {
    settings,
    port: typeof address === 'object' && address !== null ? address.port : settings.port,
    get connections() {
      return server.connections.size
    },
    endSessions: (gone) => server.endSessions(gone),
    updateCertificates(renewed) {
      server.updateSecureContext({
        ...renewed.first,
        ...clientCertificateOptions(clientCertificate, renewed.clientCa),
      })
      contextOf = contextsOf(renewed, TLS_OPTIONS)
    },
    close() {
      clearInterval(sweep)
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

function serverOptions(
  { settings, hostName, messageBytes, handlers }: ListenerOptions,
  trusted: Networks,
  loggedIn: (session: SMTPServerSession) => void,
): SMTPServerOptions {
  const relay = settings.kind === 'relay'
  return {
    name: hostName,
    banner: 'Postrider',
    heloResponse: '%s',
    secure: settings.kind === 'submissions',
    ...TLS_OPTIONS,
    size: messageBytes,
    // receive.ts refuses oversized messages, with the sender's own limit.
    rejectOversized: false,
    authMethods: ['PLAIN', 'LOGIN'],
    authOptional: relay,
    allowInsecureAuth: false,
    authRequiredMessage: '5.7.0 log in first (AUTH PLAIN or LOGIN, after STARTTLS on this port)',
    disabledCommands: ['WIZ', 'SHELL', 'KILL', 'XCLIENT', 'XFORWARD', ...(relay ? ['AUTH'] : [])],
    hideDSN: false,
    hideENHANCEDSTATUSCODES: false,
    hideREQUIRETLS: false,
    disableReverseLookup: true,
    maxCommandLength: MAX_COMMAND,
    maxAllowedUnauthenticatedCommands: 20,
    socketTimeout: IDLE_MS,
    closeTimeout: INGRESS_CLOSE_MS,
    logger: false,
    onConnect: relay ? admitTrusted(settings, trusted) : (_session, callback) => callback(),
    onAuth: (auth, session, callback) =>
      handlers.onAuth(auth, session, (error, response) => {
        if (!error && response?.user !== undefined) loggedIn(session)
        callback(error, response)
      }),
    onMailFrom: handlers.onMailFrom,
    onRcptTo: handlers.onRcptTo,
    onData: handlers.onData,
    onClose: handlers.onClose,
  }
}

/** On a relay port the client's network replaces the login, as with Postfix's mynetworks. */
function admitTrusted({ credential }: ListenerSettings, trusted: Networks) {
  return (session: SMTPServerSession, callback: (error?: Error | null) => void): void => {
    if (!isWithin(session.remoteAddress, trusted))
      return callback(new RefusalError(554, '5.7.1', 'this port is for trusted networks only', 'auth'))
    session.user = credential
    callback()
  }
}
