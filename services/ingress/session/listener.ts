import type { Server } from 'node:net'
import ipaddr from 'ipaddr.js'
import type { SMTPServerOptions, SMTPServerSession } from 'smtp-server'
import { Refusal } from '../refusal.ts'
import { SubmissionServer } from './submission-server.ts'
import type { EndSessions } from './revoke.ts'
import type { SessionHandlers } from './handlers.ts'
import type { CertificateFiles } from '@postrider/tls/certificate'

/** A port that mail is submitted on. */
export interface ListenerSettings {
  /** `submissions`: TLS from the first byte (RFC 8314); `submission`: STARTTLS; `relay`: no login, trusted networks only. */
  kind: 'submissions' | 'submission' | 'relay'
  host: string
  port: number
  /** relay: CIDR networks that may send, and the credential they send as. */
  networks?: string[]
  credential?: string
}

export interface ListenerOptions {
  settings: ListenerSettings
  hostName: string
  messageBytes: number
  certificate: CertificateFiles
  handlers: SessionHandlers
  onError: (error: Error) => void
}

export interface Listener {
  settings: ListenerSettings
  port: number
  readonly connections: number
  /** A new certificate for the connections to come. */
  updateCertificate(certificate: CertificateFiles): void
  endSessions: EndSessions
  /** Accepts no more connections; those there are may finish what they are at. */
  close(): Promise<void>
}

/** A session that said nothing for this long is ended (RFC 5321, 4.5.3.2.7: at least 5 minutes). */
const IDLE_MS = 5 * 60_000
const MOST_CONNECTIONS = 5000
const CLOSE_MS = 30_000

/** Opens the port; rejects when it is taken or may not be bound. */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const { settings, certificate, handlers, onError } = options
  const server = new SubmissionServer({ ...serverOptions(options), key: certificate.key, cert: certificate.cert })
  server.offers = handlers.offers
  // A client that goes away or speaks no TLS is its own affair, and never a reason to stop.
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
    updateCertificate: ({ key, cert }) => server.updateSecureContext({ key, cert }),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

function serverOptions({ settings, hostName, messageBytes, handlers }: ListenerOptions): SMTPServerOptions {
  const relay = settings.kind === 'relay'
  return {
    name: hostName,
    banner: 'Postrider',
    heloResponse: '%s',
    secure: settings.kind === 'submissions',
    minVersion: 'TLSv1.2',
    size: messageBytes,
    // The message is read and refused by receive.ts, with the sender's own limit.
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
    maxClients: MOST_CONNECTIONS,
    maxAllowedUnauthenticatedCommands: 20,
    socketTimeout: IDLE_MS,
    closeTimeout: CLOSE_MS,
    logger: false,
    onConnect: relay ? admitTrusted(settings) : (_session, callback) => callback(),
    onAuth: handlers.onAuth,
    onMailFrom: handlers.onMailFrom,
    onRcptTo: handlers.onRcptTo,
    onData: handlers.onData,
    onClose: handlers.onClose,
  }
}

/** On a relay port the network is the login, as with Postfix's mynetworks. */
function admitTrusted({ networks, credential }: ListenerSettings) {
  const trusted = (networks ?? []).map((network) => ipaddr.parseCIDR(network))
  return (session: SMTPServerSession, callback: (error?: Error | null) => void): void => {
    const address = ipaddr.process(session.remoteAddress)
    const admitted = trusted.some(([base, bits]) => base.kind() === address.kind() && address.match(base, bits))
    if (!admitted) return callback(new Refusal(554, '5.7.1', 'this port is for trusted networks only', 'auth'))
    session.user = credential
    callback()
  }
}
