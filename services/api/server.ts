import { createServer } from 'node:http'
import type { RequestListener, ServerOptions } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { CertificateFiles } from '@postrider/tls/certificate'
import type { Answer } from './answer.ts'

export interface ListenOptions {
  host: string
  port: number
  /** With it TLS is spoken. */
  certificate?: CertificateFiles
  answer: Answer
}

export interface ApiServer {
  port: number
  /** A new certificate for the connections to come. */
  updateCertificate(certificate: CertificateFiles): void
  /** Accepts no more connections; requests that are being answered are. */
  close(): Promise<void>
}

/** Who is slow holds a connection for no longer than this, and there are not many of them. */
const BOUNDS: ServerOptions = {
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 5_000,
  maxHeaderSize: 16 * 1024,
}
const HANDSHAKE_MS = 10_000
const IDLE_MS = 30_000
const MOST_CONNECTIONS = 2000
const CLOSE_MS = 10_000

/** Opens the port; rejects when it is taken or may not be bound. */
export async function listen({ host, port, certificate, answer }: ListenOptions): Promise<ApiServer> {
  const onRequest: RequestListener = (incoming, outgoing) => void answer(incoming, outgoing, certificate !== undefined)
  const secure =
    certificate === undefined
      ? undefined
      : createTlsServer(
          {
            ...BOUNDS,
            key: certificate.key,
            cert: certificate.cert,
            minVersion: 'TLSv1.2',
            handshakeTimeout: HANDSHAKE_MS,
          },
          onRequest,
        )
  const server = secure ?? createServer(BOUNDS, onRequest)
  server.maxConnections = MOST_CONNECTIONS
  server.timeout = IDLE_MS
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    // Processes share a port, as those of the ingress do.
    server.listen({ host, port, reusePort: process.platform === 'linux' && port !== 0 }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    updateCertificate: ({ key, cert }) => secure?.setSecureContext({ key, cert, minVersion: 'TLSv1.2' }),
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
