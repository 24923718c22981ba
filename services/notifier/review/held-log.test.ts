import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import type { DatabaseSync } from 'node:sqlite'
import type { ReviewEvent } from '@postrider/queue/event'
import { envelope } from '../../../test/support/envelope.ts'
import { createLogWriter } from '../log/apply.ts'
import { openLog } from '../log/schema.ts'
import { createHeldLog } from './held-log.ts'
import type { HeldLog } from './held-log.ts'

const WHY = { scanner: 'rspamd', reason: 'phishing' }
const content = (seq: number) => ({ stream: 'HELD', seq, parts: [] })

let db: DatabaseSync
let log: HeldLog
beforeEach(() => {
  db = openLog(':memory:')
  log = createHeldLog(db)
})
afterEach(() => db.close())

const mail = (id: string, acceptedAt = 1000, domain = 'sender.test') => envelope({ id, acceptedAt, domain })
const decided = (id: string, decision: ReviewEvent['decision'], at = 2000): ReviewEvent => ({
  type: 'review',
  at,
  id,
  decision,
  envelope: mail(id),
  why: WHY,
})
const ids = (held: { envelope: { id: string } }[]): string[] => held.map(({ envelope: { id } }) => id)

test('a held message is found as it was written, the oldest first, and by its domain', () => {
  log.held(mail('young', 3000), WHY, content(1))
  log.held(mail('old', 1000), WHY, content(2))
  log.held(mail('other', 2000, 'other.test'), WHY, content(3))
  assert.deepEqual(log.find('old'), {
    envelope: mail('old', 1000),
    why: WHY,
    content: content(2),
    state: 'held',
    decidedAt: null,
  })
  assert.deepEqual([ids(log.list({})), log.count()], [['old', 'other', 'young'], 3])
  assert.deepEqual(ids(log.list({ domain: 'other.test' })), ['other'])
  assert.deepEqual(ids(log.list({ limit: 1 })), ['old'])
  assert.equal(log.find('unknown'), undefined)
})

test('the first decision stands, whatever comes after it', () => {
  log.held(mail('a'), WHY, content(1))
  log.review(decided('a', 'deleted'))
  log.review(decided('a', 'released', 3000))
  assert.deepEqual([log.find('a')?.state, log.find('a')?.decidedAt, log.count()], ['deleted', 2000, 0])
})

test('a decision that is read before its message keeps its state, and takes the place of the content from the record', () => {
  log.review(decided('a', 'expired'))
  assert.deepEqual([log.find('a')?.state, log.find('a')?.content], ['expired', null])
  log.held(mail('a'), WHY, content(7))
  assert.deepEqual([log.find('a')?.state, log.find('a')?.content], ['expired', content(7)])
})

test('a record that is read twice counts once', () => {
  log.held(mail('a'), WHY, content(1))
  log.held(mail('a'), WHY, content(1))
  assert.equal(log.count(), 1)
})

test('a message expires in the moment that its time is over', () => {
  log.held(mail('a', 1000), WHY, content(1))
  assert.deepEqual([ids(log.expired(999, 10)), ids(log.expired(1000, 10))], [[], ['a']])
  log.review(decided('a', 'released'))
  assert.deepEqual(ids(log.expired(1000, 10)), [])
})

test('one that is held and in the queue at once was released by a run that a crash cut off', () => {
  log.held(mail('a'), WHY, content(1))
  log.held(mail('b'), WHY, content(2))
  createLogWriter(db).message(mail('b'), { stream: 'MAIL_0', seq: 1, parts: [] })
  assert.deepEqual(ids(log.inQueue(10)), ['b'])
})

test('content is erased after the decision, and not while a notice about it is owed', () => {
  const writer = createLogWriter(db)
  log.held(mail('a'), WHY, content(1))
  assert.deepEqual(ids(log.toErase(10)), [])
  log.review(decided('a', 'expired'))
  writer.queueNotice('n1', 'a', {})
  assert.deepEqual(ids(log.toErase(10)), [])
  writer.dropNotice('n1')
  assert.deepEqual(ids(log.toErase(10)), ['a'])
  log.erased('a')
  assert.deepEqual(ids(log.toErase(10)), [])
})

test('the placeholder is forgotten when its time is over, but never while there is content to be erased', () => {
  log.held(mail('a'), WHY, content(1))
  log.review(decided('a', 'deleted', 2000))
  log.forget(9000)
  assert.equal(log.find('a')?.state, 'deleted')
  log.erased('a')
  log.forget(2000)
  assert.equal(log.find('a')?.state, 'deleted')
  log.forget(2001)
  assert.equal(log.find('a'), undefined)
})
