import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Kind } from '@postrider/resources/kinds'
import { apiServerMissing } from '../support/api-server.ts'
import { LEAST } from './crds-pairs.ts'
import { startCrdWorld } from './crds-world.ts'
import type { CrdWorld } from './crds-world.ts'

interface Table {
  kind: string
  columnDefinitions: { name: string; priority: number }[]
  rows: { cells: unknown[] }[]
}
interface Sample {
  spec: object
  status?: object
  row: Record<string, unknown>
}

const condition = (type: string, status: string): object => ({
  type,
  status,
  reason: 'X',
  message: '',
  lastTransitionTime: '2030-01-01T00:00:00Z',
})

/** What `kubectl get` shows of an object. */
const SAMPLES: Record<Kind, Sample> = {
  MailPlatform: {
    spec: LEAST.MailPlatform,
    status: { conditions: [condition('Ready', 'True')], domains: 3, ingressReplicas: 2, deliveryReplicas: 1 },
    row: { Host: 'mail.example.test', Ready: 'True', Domains: 3, Ingress: 2, Delivery: 1 },
  },
  Domain: {
    spec: LEAST.Domain,
    status: { conditions: [condition('DNSVerified', 'False'), condition('Ready', 'True')], use: '12 / 1000' },
    row: { Domain: 'example.test', Ready: 'True', DNS: 'False', 'Sent today': '12 / 1000' },
  },
  SMTPCredential: {
    spec: LEAST.SMTPCredential,
    status: { conditions: [condition('Ready', 'Unknown')], use: '3 / 10' },
    row: { Address: 'app@example.test', Ready: 'Unknown', 'Sent today': '3 / 10' },
  },
  SMTPLimit: {
    spec: { messagesPerDay: 100, recipientsPerDay: 200 },
    status: { conditions: [condition('Accepted', 'True')] },
    row: { 'Messages a day': 100, 'Recipients a day': 200, Accepted: 'True' },
  },
  SenderAddress: {
    spec: LEAST.SenderAddress,
    status: { conditions: [condition('Verified', 'True'), condition('Ready', 'False')] },
    row: { Address: 'boss@elsewhere.test', Domain: 'example', Verified: 'True', Ready: 'False' },
  },
  DeliveryPool: {
    spec: { ehloName: 'out.example.test' },
    status: { conditions: [condition('Accepted', 'True')] },
    row: { EHLO: 'out.example.test', Accepted: 'True' },
  },
  DestinationPolicy: {
    spec: {},
    status: { conditions: [condition('Accepted', 'False')] },
    row: { TLS: 'Opportunistic', Accepted: 'False' },
  },
}

describe('kubectl get', { skip: apiServerMissing() }, () => {
  let world: CrdWorld
  before(async () => {
    world = await startCrdWorld()
  })
  after(() => world.stop())

  for (const [kind, { spec, status, row }] of Object.entries(SAMPLES) as [Kind, Sample][])
    test(`shows of a ${kind} what matters`, async () => {
      await world.create(kind, 'sample', spec)
      if (status !== undefined)
        await world.cluster.request('PATCH', `${world.path(kind, 'sample')}/status`, {
          body: { status },
          contentType: 'application/merge-patch+json',
        })
      const table = (await world.getAs(
        'application/json;as=Table;v=v1;g=meta.k8s.io',
        world.path(kind, 'sample'),
      )) as Table
      assert.equal(table.kind, 'Table')
      const cells = table.rows[0]?.cells ?? []
      const shown = Object.fromEntries(table.columnDefinitions.map(({ name }, index) => [name, cells[index]]))
      const { Age: age, ...rest } = shown
      assert.deepEqual(rest, { Name: 'sample', ...row })
      assert.match(String(age), /^\d+s$/)
      // All of it is shown without -o wide.
      for (const { name, priority } of table.columnDefinitions) assert.equal(priority, 0, name)
    })
})
