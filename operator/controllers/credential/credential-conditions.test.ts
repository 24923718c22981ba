import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Condition } from '@postrider/kubernetes/status/conditions'
import { KINDS } from '@postrider/resources/kinds'
import { objection, readiness } from './credential-conditions.ts'

const taken = { reason: 'NameTaken', message: 'another has it' } as const
const senders = { reason: 'SendersNotAllowed', message: 'not this one' } as const
const credential = (state?: 'Suspended') => ({
  spec: KINDS.SMTPCredential.parse({ address: 'app@shop.test', domainRef: { name: 'site' }, state }),
})
const domain = (status: Condition['status'], message = '') => ({
  status: { conditions: [{ type: 'Ready', status, reason: 'R', message, lastTransitionTime: '' }] },
})
const said = ({ status, reason }: { status: string; reason: string }): string => `${status} ${reason}`

test('what keeps a login from being served is what the configuration says, then what is wrong with its spec', () => {
  const valid = { resource: credential() }
  const problems = [
    { path: 'spec.address', problem: 'is missing' },
    { path: 'spec.state', problem: 'is On' },
  ]
  assert.equal(objection([], valid), undefined)
  assert.equal(objection([senders], valid), undefined, 'without some senders it is served')
  assert.equal(objection([senders, taken], { problems })?.reason, 'NameTaken')
  const invalid = objection([], { problems })
  assert.deepEqual(
    [invalid?.type, invalid?.status, invalid?.reason, invalid?.message],
    ['Ready', 'False', 'Invalid', 'spec.address is missing; spec.state is On'],
  )
})

test('a login is ready when its Domain is, nothing is suspended, and it may send as it says', () => {
  assert.equal(said(readiness(credential(), [], domain('True'))), 'True Ready')
  assert.equal(said(readiness(credential('Suspended'), [senders], undefined)), 'False Suspended')
  assert.equal(said(readiness(credential(), [senders], domain('False'))), 'False DomainNotReady')
  assert.equal(said(readiness(credential(), [senders], domain('True'))), 'False SendersNotAllowed')
})

test('a login whose Domain is not ready says why that is', () => {
  const why = (given: Parameters<typeof readiness>[2]): string => readiness(credential(), [], given).message
  assert.match(why(undefined), /Domain site .*no Domain with that name/)
  assert.match(why({}), /has not been checked yet/)
  assert.match(why(domain('False', 'TXT x is missing')), /TXT x is missing/)
})
