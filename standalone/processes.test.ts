import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Deployment } from '@postrider/plan/deployment'
import { processesOf } from './processes.ts'

test('what takes mail starts last, and each process has a telemetry port of its own', () => {
  const processes = processesOf({
    api: { replicas: 0 },
    delivery: { replicas: 2 },
    ingress: { replicas: 2 },
    telemetry: { address: '127.0.0.1', basePort: 9100 },
  } as unknown as Deployment)
  assert.deepEqual(
    processes.map(({ service, index }) => `${service} ${index}`),
    ['notifier 0', 'delivery 0', 'delivery 1', 'ingress 0', 'ingress 1'],
  )
  assert.equal(new Set(processes.map(({ telemetryPort }) => telemetryPort)).size, processes.length)
})
