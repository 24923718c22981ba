import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { auditLog } from '../bench/operator-scale-audit.ts'
import type { AuditLog } from '../bench/operator-scale-audit.ts'
import { apiServerMissing } from '../support/api-server.ts'
import { eventually } from '../support/eventually.ts'
import { helmMissing } from '../support/helm.ts'
import { conditionOf, OPERATOR_USER, startOperatorWorld, SYSTEM } from '../support/operator.ts'
import type { OperatorProcess, OperatorWorld } from '../support/operator.ts'

/** What test/bench/operator-scale.ts measures of thousands, of a few: that nothing is written without need. */
const skip = apiServerMissing({ controllerManager: true }) || helmMissing()
const COUNT = 5
const SOON_MS = 60_000
/** After the last change: what follows from it is written by then. */
const REST_MS = 10_000
/** The DNS is looked at again in it: every ten seconds at first. */
const QUIET_MS = 25_000

describe('an operator that has nothing to do', { skip }, () => {
  let world: OperatorWorld & { operator: OperatorProcess }
  let audit: AuditLog

  before(async () => {
    audit = auditLog()
    world = await startOperatorWorld({ more: audit.arguments })
    await world.put('MailPlatform', SYSTEM, 'mail', {
      hostName: 'mail.platform.test',
      dns: { resolvers: ['127.0.0.1:9'] },
      verification: { sending: 'AtOnce' },
    })
    await world.put('SMTPLimit', SYSTEM, 'few', { messagesPerDay: 10 })
    await world.put('DeliveryPool', SYSTEM, 'out', {})
    await world.put('DestinationPolicy', SYSTEM, 'all', { poolRef: { name: 'out' } })
    for (let index = 0; index < COUNT; index++) {
      const domain = `d${index}`
      await world.put('Domain', SYSTEM, domain, { domainName: `${domain}.test`, limitRef: { name: 'few' } })
      const address = `app@${domain}.test`
      await world.put('SMTPCredential', SYSTEM, `c${index}`, { address, domainRef: { name: domain } })
    }
    await eventually(async () => {
      for (let index = 0; index < COUNT; index++)
        assert.equal(conditionOf(await world.get('SMTPCredential', SYSTEM, `c${index}`), 'Ready'), 'True Ready')
      assert.equal(conditionOf(await world.get('DestinationPolicy', SYSTEM, 'all'), 'Accepted'), 'True Accepted')
    }, SOON_MS)
    await rest(REST_MS)
  })
  after(async () => {
    await world.stop()
    audit.remove()
  })

  const rest = (ms: number): Promise<void> => pause(ms)
  const writesSince = (since: number) => {
    const all = audit.writes(OPERATOR_USER, since)
    // Without the renewals there was no operator, or no log.
    assert.ok(all.some(({ resource }) => resource === 'leases'))
    return all.filter(({ resource }) => resource !== 'leases')
  }

  test('writes nothing but its Lease', async () => {
    const since = Date.now()
    await rest(QUIET_MS)
    assert.deepEqual(writesSince(since), [])
  })

  test('takes over from another and writes nothing either', async () => {
    await world.operator.end()
    const since = Date.now()
    await world.startOperator('operator-1')
    await rest(QUIET_MS)
    assert.deepEqual(writesSince(since), [])
  })
})
