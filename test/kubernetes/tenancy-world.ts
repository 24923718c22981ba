import assert from 'node:assert/strict'
import type { RuntimeConfig } from '@postrider/runtime-config/config'
import { apiServerMissing } from '../support/api-server.ts'
import { eventually } from '../support/eventually.ts'
import { helmMissing } from '../support/helm.ts'
import { conditionOf, startOperatorWorld, SYSTEM } from '../support/operator.ts'
import type { OperatorProcess, OperatorWorld } from '../support/operator.ts'
import { publishedConfig } from '../support/published.ts'
import { startUnbound, unboundMissing } from '../support/unbound.ts'
import type { Unbound } from '../support/unbound.ts'

/** A platform with two tenants: `shop` has shop.test and has proved it, and `evil`, who has proved evil.test, wants more. */
export interface Tenants {
  world: OperatorWorld & { operator: OperatorProcess }
  dns: Unbound
  /** What is published to the services. */
  published(): Promise<RuntimeConfig>
  /** Writes the ownership record that a Domain's status asks for into the DNS; resolves when the operator has seen it. */
  prove(namespace: string, name: string): Promise<void>
  stop(): Promise<void>
}

export const SOON_MS = 30_000

export const tenantsMissing = (): string | false =>
  apiServerMissing({ controllerManager: true }) || helmMissing() || unboundMissing()

export async function startTenants(): Promise<Tenants> {
  const dns = await startUnbound({ records: ['mail.platform.test. A 127.0.0.1'] })
  const world = await startOperatorWorld()
  const tenants: Tenants = {
    world,
    dns,
    published: () => publishedConfig(world),
    async prove(namespace, name) {
      const { name: record, value } = await eventually(async () => {
        const status = (await world.get('Domain', namespace, name))?.status
        const records = (status?.['dnsRecords'] ?? []) as { purpose: string; name: string; value: string }[]
        const found = records.find(({ purpose }) => purpose === 'Ownership')
        assert.ok(found !== undefined, 'no ownership record is asked for yet')
        return found
      }, SOON_MS)
      await dns.add(`${record}. 1 TXT "${value}"`)
      await eventually(async () => {
        assert.equal(conditionOf(await world.get('Domain', namespace, name), 'Ready'), 'True Ready')
      }, SOON_MS)
    },
    async stop() {
      await world.stop()
      await dns.stop()
    },
  }
  await world.put('MailPlatform', SYSTEM, 'mail', {
    hostName: 'mail.platform.test',
    tenants: { namespaces: { from: 'All' } },
    dns: { resolvers: [dns.address] },
    verification: { recheck: '1s' },
  })
  for (const name of ['shop', 'evil']) {
    await world.namespace(name)
    await world.put('Domain', name, 'site', { domainName: `${name}.test` })
    await tenants.prove(name, 'site')
  }
  return tenants
}
