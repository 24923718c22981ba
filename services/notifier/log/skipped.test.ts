import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { BadRecordError, NewerRecordError } from '@postrider/broker/stored'
import { isDatabaseFault, openSkipped } from './skipped.ts'

test('records that were passed over are listed by what can be done about them', () => {
  const db = new DatabaseSync(':memory:')
  const skipped = openSkipped(db)
  skipped.add('MAIL_0', 7, new BadRecordError('malformed'))
  skipped.add('MAIL_0', 3, 'a word')
  skipped.add('EVENTS', 5, new NewerRecordError('an event', 2))
  assert.deepEqual(skipped.list(false, 10), [
    { stream: 'MAIL_0', seq: 3, newer: false, reason: 'a word' },
    { stream: 'MAIL_0', seq: 7, newer: false, reason: 'malformed' },
  ])
  assert.deepEqual(
    skipped.list(true, 10).map(({ seq, newer }) => [seq, newer]),
    [[5, true]],
  )
  assert.equal(skipped.list(false, 1).length, 1)
  skipped.remove('MAIL_0', 3)
  skipped.add('MAIL_0', 7, new NewerRecordError('an envelope', 2))
  assert.deepEqual([skipped.list(false, 10).length, skipped.list(true, 10).length], [0, 2])
  db.close()
})

test('a full disk is about the database, and a value that a table does not take is about the record', () => {
  const fault = (errcode: number) => Object.assign(new Error('sqlite'), { errcode })
  const [full, ioRead, busy, constraint, constraintUnique] = [13, 10 | (1 << 8), 5, 19, 19 | (8 << 8)]
  assert.deepEqual([full, ioRead, busy].map(fault).map(isDatabaseFault), [true, true, true])
  assert.deepEqual([constraint, constraintUnique].map(fault).map(isDatabaseFault), [false, false])
  for (const other of [new Error('a fault'), { errcode: full }, undefined]) assert.equal(isDatabaseFault(other), false)
})

test('what SQLite throws is known by its code', () => {
  const db = new DatabaseSync(':memory:')
  db.exec('CREATE TABLE t (a TEXT NOT NULL) STRICT; PRAGMA query_only = ON')
  const thrown = (sql: string): unknown => {
    try {
      db.exec(sql)
    } catch (error) {
      return error
    }
    return undefined
  }
  assert.equal(isDatabaseFault(thrown("INSERT INTO t VALUES ('x')")), true)
  db.exec('PRAGMA query_only = OFF')
  assert.equal(isDatabaseFault(thrown('INSERT INTO t VALUES (NULL)')), false)
  db.close()
})
