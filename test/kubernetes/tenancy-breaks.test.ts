import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { conditionOf, SYSTEM } from '../support/operator.ts'
import { SOON_MS, startTenants, tenantsMissing } from './tenancy-world.ts'
import type { Tenants } from './tenancy-world.ts'

/** What one tenant writes must not keep what another writes from the services. */
describe('a tenant who tries to break the platform', { skip: tenantsMissing() }, () => {
  let tenants: Tenants

  before(async () => {
    tenants = await startTenants()
  })
  after(() => tenants.stop())

  async function othersGoOn(name: string): Promise<void> {
    const { world, published } = tenants
    await world.put('Domain', 'shop', name, { domainName: `${name}.shop.test` })
    await eventually(async () => assert.ok((await published()).domains.has(`${name}.shop.test`)), SOON_MS)
  }
  const accepted = async (namespace: string, name: string): Promise<string> =>
    conditionOf(await tenants.world.get('Domain', namespace, name), 'Accepted')

  test('a retention of thousands of years', async () => {
    const { world } = tenants
    await world.put('Domain', 'evil', 'long', { domainName: 'long.evil.test', retention: '9999999d' })
    try {
      await eventually(async () => assert.match(await accepted('evil', 'long'), /./), SOON_MS)
      await othersGoOn('after-retention')
      await eventually(async () => assert.equal(await accepted('evil', 'long'), 'False Invalid'), SOON_MS)
    } finally {
      await world.remove('Domain', 'evil', 'long')
    }
  })

  test('a list of more senders than anybody has', async () => {
    const { world } = tenants
    const allowedSenders = Array.from({ length: 150_000 }, () => '*@b.a')
    await world.put('Domain', 'evil', 'site', { domainName: 'evil.test', allowedSenders })
    try {
      await othersGoOn('after-senders')
      await eventually(async () => assert.equal(await accepted('evil', 'site'), 'False Invalid'), SOON_MS)
    } finally {
      await world.put('Domain', 'evil', 'site', { domainName: 'evil.test' })
    }
    await eventually(async () => assert.equal(await accepted('evil', 'site'), 'True Accepted'), SOON_MS)
  })

  test('rotations without end', async () => {
    const { world } = tenants
    for (let round = 0; round < 8; round++) {
      const dkim = { algorithms: ['Ed25519'], rotation: { request: `round ${round}` } }
      await world.put('Domain', 'evil', 'site', { domainName: 'evil.test', dkim })
      await eventually(async () => {
        const found = await world.get('Domain', 'evil', 'site')
        assert.equal(found?.status?.['observedGeneration'], found?.metadata?.generation)
      }, SOON_MS)
    }
    const status = (await world.get('Domain', 'evil', 'site'))?.status
    const keys = (status?.['dkimKeys'] ?? []) as { algorithm: string }[]
    assert.ok(keys.filter(({ algorithm }) => algorithm === 'Ed25519').length <= 6, JSON.stringify(keys))
    assert.notEqual(status?.['rotationDone'], 'round 7', 'nothing is said to be done that is not')
    await othersGoOn('after-rotations')
  })

  test('a verifier that is none, and an operator that restarts', async () => {
    const { world, published } = tenants
    await world.put('SMTPCredential', 'evil', 'app', {
      address: 'app@evil.test',
      domainRef: { name: 'site' },
      passwordHashes: ['$scrypt$nonsense'],
    })
    await eventually(async () => {
      assert.match(conditionOf(await world.get('SMTPCredential', 'evil', 'app'), 'Ready'), /./)
    }, SOON_MS)
    await othersGoOn('before-restart')
    await world.operator.end()
    await world.startOperator('operator-1')
    await othersGoOn('after-verifier')
    await eventually(async () => {
      const found = conditionOf(await world.get('SMTPCredential', 'evil', 'app'), 'Ready')
      assert.equal(found, 'False Invalid')
      assert.equal((await published()).credentials.has('app@evil.test'), false)
    }, SOON_MS)
    const platform = await world.get('MailPlatform', SYSTEM, 'mail')
    assert.equal(conditionOf(platform, 'ConfigPublished'), 'True Published')
  })
})
