import { Counter } from 'prom-client'
import type { Registry } from 'prom-client'

export function createMetrics(registry: Registry) {
  return {
    requests: new Counter({
      name: 'postrider_api_requests_total',
      help: 'HTTP requests, by path (none for unknown paths) and status.',
      labelNames: ['path', 'status'],
      registers: [registry],
    }),
  }
}
