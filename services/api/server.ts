import { createServer } from 'node:http'
import type { RequestListener, ServerOptions } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Certificates } from '@postrider/tls/certificates'
import { contextsOf } from '@postrider/tls/contexts'
import type { ContextOf } from '@postrider/tls/contexts'
import type { Answer } from './answer.ts'

export interface ListenOptions {
  host: string
  port: number
  /** With certificates the port serves HTTPS, else HTTP. */
  certificates?: Certificates
  answer: Answer
}

export interface ApiServer {
  port: number
  /** Uses these certificates for new connections. */
  updateCertificates(certificates: Certificates): void
  /** Accepts no more connections, and resolves when the current requests are answered, or after CLOSE_MS. */
  close(): Promise<void>
}

/** Bounds on slow clients. Milliseconds and octets. */
const BOUNDS: ServerOptions = {
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 5_000,
  maxHeaderSize: 16 * 1024,
}
const TLS_OPTIONS = { minVersion: 'TLSv1.2' } as const
const HANDSHAKE_MS = 10_000
const IDLE_MS = 30_000
const MAX_CONNECTIONS = 2000
const CLOSE_MS = 10_000

/** Opens the port; rejects when it is in use or may not be bound. */
export async function listen({ host, port, certificates, answer }: ListenOptions): Promise<ApiServer> {
  const onRequest: RequestListener = (incoming, outgoing) => void answer(incoming, outgoing, certificates !== undefined)
  let contextOf: ContextOf = () => undefined
  const secure =
    certificates === undefined
      ? undefined
      : createTlsServer(
          {
            ...BOUNDS,
            ...certificates.first,
            ...TLS_OPTIONS,
            handshakeTimeout: HANDSHAKE_MS,
            SNICallback: (serverName, callback) => callback(null, contextOf(serverName)),
          },
          onRequest,
        )
  if (certificates !== undefined) contextOf = contextsOf(certificates, TLS_OPTIONS)
  const server = secure ?? createServer(BOUNDS, onRequest)
  server.maxConnections = MAX_CONNECTIONS
  server.timeout = IDLE_MS
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    // Several processes share the port, as in the ingress.
    server.listen({ host, port, reusePort: process.platform === 'linux' && port !== 0 }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    updateCertificates(renewed) {
      secure?.setSecureContext({ ...renewed.first, ...TLS_OPTIONS })
      contextOf = contextsOf(renewed, TLS_OPTIONS)
    },
    close: () =>
      new Promise((resolve) => {
        const late = setTimeout(() => server.closeAllConnections(), CLOSE_MS)
        server.close(() => {
          clearTimeout(late)
          resolve()
        })
        server.closeIdleConnections()
      }),
  }
}
