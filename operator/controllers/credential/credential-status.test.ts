import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KINDS } from '@postrider/resources/kinds'
import { passwordStatus, previousEndsIn } from './credential-status.ts'

const credential = (secretName?: string) => ({
  name: 'app',
  spec: KINDS.SMTPCredential.parse({ address: 'app@shop.test', domainRef: { name: 'site' }, secretName }),
})

test('the status names the Secret, the rotation that was done, and how long the old password lasts', () => {
  assert.deepEqual(passwordStatus(credential(), { current: 'a', answered: 'today' }), {
    secretName: 'app-smtp',
    rotationDone: 'today',
  })
  const ids = { current: 'b', answered: '', previous: { id: 'a', until: Date.parse('2026-11-23T12:00:00Z') } }
  assert.deepEqual(passwordStatus(credential('mine'), ids), {
    secretName: 'mine',
    rotationDone: '',
    previousValidUntil: '2026-11-23T12:00:00.000Z',
  })
})

test('a credential is looked at again when its previous password is over', () => {
  const ids = { current: 'b', answered: '', previous: { id: 'a', until: 5000 } }
  assert.equal(previousEndsIn(ids, 2000), 3000)
  assert.equal(previousEndsIn(ids, 9000), 0)
  assert.equal(previousEndsIn({ current: 'a', answered: '' }, 0), undefined)
})
