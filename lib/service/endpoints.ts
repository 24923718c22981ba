import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { Registry } from 'prom-client'

export interface Endpoints {
  port: number
  close(): Promise<void>
}

export interface EndpointOptions {
  host: string
  /** 0 selects a free port. */
  port: number
  registry: Registry
  /** What the service is missing to do its work, one sentence each; empty when it is ready. */
  missing: () => string[]
}

/** Serves `/healthz` (the process runs), `/readyz` (200 when ready, otherwise 503 and the reasons) and `/metrics` (Prometheus). */
export async function serveEndpoints({ host, port, registry, missing }: EndpointOptions): Promise<Endpoints> {
  const server = createServer((request, response) => {
    const answer = (status: number, type: string, body: string): void => {
      response.writeHead(status, { 'content-type': type }).end(body)
    }
    switch (request.url?.split('?')[0]) {
      case '/healthz':
        return answer(200, 'text/plain', 'ok\n')
      case '/readyz': {
        const reasons = missing()
        return answer(reasons.length === 0 ? 200 : 503, 'text/plain', `${reasons.join('\n') || 'ready'}\n`)
      }
      case '/metrics':
        registry.metrics().then(
          (text) => answer(200, registry.contentType, text),
          (error: unknown) => answer(500, 'text/plain', `${String(error)}\n`),
        )
        return
      default:
        return answer(404, 'text/plain', 'available paths: /healthz, /readyz and /metrics\n')
    }
  })
  await listening(server, host, port)
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve())
  })
}
