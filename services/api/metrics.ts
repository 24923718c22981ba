import { Counter } from 'prom-client'
import type { Registry } from 'prom-client'

export function createMetrics(registry: Registry) {
  return {
    requests: new Counter({
      name: 'postrider_api_requests_total',
      help: 'Requests that were answered, by path (none for what is not there) and status.',
      labelNames: ['path', 'status'],
      registers: [registry],
    }),
  }
}
