import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { after, before, describe, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { Kvm } from '@nats-io/kv'
import { DKIM_LABEL } from '@postrider/operator/dkim/secrets'
import { labelsOf } from '@postrider/operator/shapes/names'
import { secret } from '@postrider/operator/shapes/secret'
import { USE_BUCKET } from '@postrider/broker/names'
import { useKey } from '@postrider/limits/accounts'
import { eventually } from '../support/eventually.ts'
import { conditionOf } from '../support/operator.ts'
import { openAsAdmin } from '../support/published.ts'
import { SOON_MS, startTenants, tenantsMissing } from './tenancy-world.ts'
import type { Tenants } from './tenancy-world.ts'

/** Use is written once a minute. */
const USE_MS = 100_000
const DAY_BUCKET_MS = 600_000

describe("what is another tenant's", { skip: tenantsMissing() }, () => {
  let tenants: Tenants

  before(async () => {
    tenants = await startTenants()
  })
  after(() => tenants.stop())

  /** So many messages as the ingress counts them. */
  async function count(account: string, messages: number): Promise<void> {
    const broker = await openAsAdmin(tenants.world)
    const kv = await new Kvm(broker.js).open(USE_BUCKET)
    const use = { day: [[Math.floor(Date.now() / DAY_BUCKET_MS), messages, messages]], minute: [] }
    await kv.put(useKey(account), JSON.stringify(use))
    await broker.close()
  }

  test('a Secret with our labels in the namespace of a tenant is ignored by the platform', async () => {
    const { world } = tenants
    const runs = async (): Promise<string[]> =>
      (await (await fetch(`${world.operator.telemetry}/metrics`)).text())
        .split('\n')
        .filter((line) => /^postrider_operator_reconcile_seconds_count.*"(platform|credential)"/.test(line))
    await world.put('SMTPCredential', 'shop', 'app', { address: 'app@shop.test', domainRef: { name: 'site' } })
    await eventually(async () => {
      assert.equal(conditionOf(await world.get('SMTPCredential', 'shop', 'app'), 'Ready'), 'True Ready')
    }, SOON_MS)
    const secretsMade = async (round: number): Promise<void> => {
      for (const name of [`one-${round}`, `two-${round}`]) {
        const shape = { namespace: 'evil', name, labels: labelsOf('mail'), data: { 'ca.crt': 'none' } }
        await world.cluster.create(secret(shape))
      }
      const labels = { ...labelsOf('mail'), [DKIM_LABEL]: 'x' }
      const annotations = { 'postrider.dev/domain': 'shop/site' }
      const shape = { namespace: 'evil', name: `three-${round}`, labels, annotations, data: {} }
      await world.cluster.create(secret(shape))
    }
    // The platform has work of its own now and then, but not each time that the tenant makes Secrets.
    for (let round = 1; ; round++) {
      await pause(3000)
      const before = await runs()
      assert.equal(before.length, 2)
      await secretsMade(round)
      await pause(3000)
      const after = await runs()
      if (round === 4 || isDeepStrictEqual(after, before)) return assert.deepEqual(after, before)
    }
  })

  test('a Domain that claims a name does not see how much its owner sends', async () => {
    const { world } = tenants
    for (const namespace of ['shop', 'evil']) await world.put('SMTPLimit', namespace, 'few', { messagesPerDay: 10 })
    const limitRef = { name: 'few' }
    await world.put('Domain', 'shop', 'site', { domainName: 'shop.test', limitRef })
    await world.put('SMTPCredential', 'shop', 'app', {
      address: 'app@shop.test',
      domainRef: { name: 'site' },
      limitRef,
    })
    await world.put('Domain', 'evil', 'spy', { domainName: 'shop.test', limitRef })
    await world.put('SMTPCredential', 'evil', 'spy', {
      address: 'app@shop.test',
      domainRef: { name: 'site' },
      limitRef,
    })
    await count('domain/shop.test', 7)
    await count('credential/app@shop.test', 3)
    const used = async (kind: 'Domain' | 'SMTPCredential', namespace: string, name: string) =>
      (await world.get(kind, namespace, name))?.status?.['use']
    await eventually(async () => {
      assert.equal(await used('Domain', 'shop', 'site'), '7 / 10')
      assert.equal(await used('SMTPCredential', 'shop', 'app'), '3 / 10')
    }, USE_MS)
    assert.equal(await used('Domain', 'evil', 'spy'), undefined)
    assert.equal(await used('SMTPCredential', 'evil', 'spy'), undefined)
  })
})
