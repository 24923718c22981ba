import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { apiServerMissing } from '../support/api-server.ts'
import { eventually } from '../support/eventually.ts'
import { helmMissing } from '../support/helm.ts'
import { conditionOf, startOperatorWorld, SYSTEM } from '../support/operator.ts'
import type { OperatorProcess, OperatorWorld, Resource } from '../support/operator.ts'

const skip = apiServerMissing({ controllerManager: true }) || helmMissing()
const SOON_MS = 30_000
/** Several of the operator's own runs: what would be written without need is written by then. */
const QUIET_MS = 5000

describe('limits, pools and policies say whether they count', { skip }, () => {
  let world: OperatorWorld & { operator: OperatorProcess }

  before(async () => {
    world = await startOperatorWorld()
    await world.namespace('stranger')
    // Tenants may be quicker than the platform they wait for.
    await world.put('SMTPLimit', SYSTEM, 'few', { messagesPerDay: 10 })
    await world.put('SMTPLimit', 'stranger', 'few', {})
    await world.put('DeliveryPool', SYSTEM, 'out', {})
    await world.put('Domain', SYSTEM, 'early', { domainName: 'early.test' })
    await world.put('SMTPCredential', SYSTEM, 'early', { address: 'a@early.test', domainRef: { name: 'early' } })
    await world.put('DestinationPolicy', SYSTEM, 'a', { poolRef: { name: 'out' } })
  })
  after(() => world.stop())

  const accepted = (resource: Resource | undefined) => conditionOf(resource, 'Accepted')
  const policy = (name: string) => world.get('DestinationPolicy', SYSTEM, name)

  test('what was there before the platform is reported when it comes', async () => {
    await world.put('MailPlatform', SYSTEM, 'mail', {
      hostName: 'mail.platform.test',
      dns: { resolvers: ['127.0.0.1:9'] },
    })
    await eventually(async () => {
      assert.equal(accepted(await world.get('SMTPLimit', SYSTEM, 'few')), 'True Accepted')
      assert.equal(accepted(await world.get('SMTPLimit', 'stranger', 'few')), 'False NamespaceNotAllowed')
      assert.equal(accepted(await world.get('DeliveryPool', SYSTEM, 'out')), 'True Accepted')
      assert.equal(accepted(await policy('a')), 'True Accepted')
      assert.equal(accepted(await world.get('Domain', SYSTEM, 'early')), 'True Accepted')
      const secret = await world.secret(SYSTEM, 'early-smtp')
      assert.ok(secret?.['ca.crt'], 'the Secret of the login has the local CA')
    }, SOON_MS)
  })

  test('a policy that names no pool there is, or what another has already, says so', async () => {
    await world.put('DestinationPolicy', SYSTEM, 'b', { poolRef: { name: 'outt' } })
    await world.put('DestinationPolicy', SYSTEM, 'c', { tls: 'Required' })
    await world.put('DestinationPolicy', SYSTEM, 'd', { match: { domains: ['example.test'] } })
    await world.put('DestinationPolicy', SYSTEM, 'e', { match: { domains: ['example.test', 'other.test'] } })
    await eventually(async () => {
      assert.equal(accepted(await policy('a')), 'True Accepted')
      assert.equal(accepted(await policy('b')), 'False Invalid')
      assert.equal(accepted(await policy('c')), 'False Shadowed')
      assert.equal(accepted(await policy('d')), 'True Accepted')
      assert.equal(accepted(await policy('e')), 'True Overlapping')
    }, SOON_MS)
    const said = (await policy('b'))?.status?.conditions?.[0]?.message
    assert.match(said ?? '', /spec\.poolRef names DeliveryPool outt, .*existing: out/)
  })

  test('says of which generation it speaks, follows a change, and writes nothing when nothing changes', async () => {
    await world.put('DestinationPolicy', SYSTEM, 'b', { match: { domains: ['b.test'] }, poolRef: { name: 'out' } })
    await eventually(async () => {
      const found = await policy('b')
      assert.equal(accepted(found), 'True Accepted')
      assert.equal(found?.status?.['observedGeneration'], found?.metadata?.generation)
    }, SOON_MS)
    const versions = async () => {
      const all = await Promise.all(['a', 'b', 'c', 'd', 'e'].map(policy))
      return all.map((found) => found?.metadata?.resourceVersion)
    }
    const earlier = await versions()
    // Makes the operator look at everything.
    await world.put('SMTPLimit', SYSTEM, 'more', { messagesPerDay: 20 })
    await eventually(async () => assert.equal(accepted(await world.get('SMTPLimit', SYSTEM, 'more')), 'True Accepted'))
    await pause(QUIET_MS)
    assert.deepEqual(await versions(), earlier)
  })

  test('a change of the platform reaches what the logins were told', async () => {
    await world.put('MailPlatform', SYSTEM, 'mail', {
      hostName: 'mail.platform.test',
      dns: { resolvers: ['127.0.0.1:9'] },
      ingress: { listeners: [{ mode: 'ImplicitTLS', port: 1465, servicePort: 2465 }] },
    })
    await eventually(async () => {
      assert.equal((await world.secret(SYSTEM, 'early-smtp'))?.['port'], '2465')
    }, SOON_MS)
  })
})
