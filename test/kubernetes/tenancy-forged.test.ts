import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { after, before, describe, test } from 'node:test'
import { generateDkimKey } from '@postrider/mail/dkim-keys'
import { DKIM_LABEL, keySecret } from '@postrider/operator/dkim/secrets'
import { eventually } from '../support/eventually.ts'
import { conditionOf } from '../support/operator.ts'
import { SOON_MS, startTenants, tenantsMissing } from './tenancy-world.ts'
import type { Tenants } from './tenancy-world.ts'

/** What a tenant writes in a namespace of his own changes nothing for others. */
describe("a tenant's forgeries", { skip: tenantsMissing() }, () => {
  let tenants: Tenants

  before(async () => {
    tenants = await startTenants()
  })
  after(() => tenants.stop())

  /** Waits until a change that was made after all others is with the services. */
  async function settled(name: string): Promise<void> {
    const { world, published } = tenants
    await world.put('Domain', 'shop', name, { domainName: `${name}.shop.test` })
    await eventually(async () => assert.ok((await published()).domains.has(`${name}.shop.test`)), SOON_MS)
  }

  test("a Secret that looks like another's DKIM key signs nothing", async () => {
    const { world, published } = tenants
    const before = (await published()).domains.get('shop.test')?.dkim
    assert.equal(before?.length, 2)
    const forged = keySecret(
      'evil',
      'mail',
      { key: 'shop/site', domainName: 'shop.test' },
      {
        selector: 'postrider-rsa',
        algorithm: 'RSA2048',
        generation: 1,
        createdAt: 0,
        request: '',
        pem: await generateDkimKey('rsa-sha256'),
      },
    )
    assert.ok(forged.metadata?.labels?.[DKIM_LABEL])
    await world.cluster.create(forged)
    await pause(1000)
    await settled('later')
    assert.deepEqual((await published()).domains.get('shop.test')?.dkim, before)
  })

  test('who has not proved a domain is not let to send as it by way of one that he has proved', async () => {
    const { world, published } = tenants
    await world.put('Domain', 'evil', 'claimed', { domainName: 'bank.test' })
    await world.put('Domain', 'evil', 'below', { domainName: 'news.shop.test' })
    const allowedSenders = ['*@bank.test', '*@news.shop.test', '*@other.bank.test', '*@evil.test']
    await world.put('Domain', 'evil', 'site', { domainName: 'evil.test', allowedSenders })
    await world.put('Domain', 'shop', 'site', { domainName: 'shop.test', allowedSenders: ['*@news.shop.test'] })
    await eventually(async () => {
      const { domains } = await published()
      assert.equal(domains.get('bank.test')?.suspended, true)
      assert.deepEqual(domains.get('evil.test')?.allowedSenders, ['*@evil.test'])
      // Nor can a mere claim take it from who has the domain above.
      assert.deepEqual(domains.get('shop.test')?.allowedSenders, ['*@news.shop.test'])
    }, SOON_MS)
    await tenants.prove('evil', 'claimed')
    await eventually(async () => {
      const allowed = (await published()).domains.get('evil.test')?.allowedSenders
      assert.deepEqual(allowed, ['*@bank.test', '*@other.bank.test', '*@evil.test'])
    }, SOON_MS)
  })

  test('a Domain with a mistake in it is still asked for its proof: it holds the name no longer than others', async () => {
    const { world, dns } = tenants
    await world.put('Domain', 'evil', 'sold', { domainName: 'sold.test' })
    await tenants.prove('evil', 'sold')
    await world.put('Domain', 'evil', 'sold', { domainName: 'sold.test', limitRef: { name: 'nowhere' } })
    await eventually(async () => {
      assert.equal(conditionOf(await world.get('Domain', 'evil', 'sold'), 'Accepted'), 'False Invalid')
    }, SOON_MS)
    await dns.remove('_postrider.sold.test.')
    await eventually(async () => {
      const found = conditionOf(await world.get('Domain', 'evil', 'sold'), 'OwnershipRecordPresent')
      assert.equal(found, 'False RecordMissing')
    }, SOON_MS)
  })
})
