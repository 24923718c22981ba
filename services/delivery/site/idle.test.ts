import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import type { SmtpConnection } from '../transaction/connection.ts'
import { IdleConnections } from './idle.ts'

let closed: string[]
beforeEach(() => {
  closed = []
})

function connection(name: string, usable = true): SmtpConnection {
  const dialogue = {
    usable,
    end: () => closed.push(`bye ${name}`),
    destroy: () => closed.push(`cut ${name}`),
  }
  return { peer: name, dialogue } as unknown as SmtpConnection
}
const all = () => true

test('the connection that was used last is taken first', () => {
  const idle = new IdleConnections(60_000)
  for (const name of ['a', 'b', 'c']) idle.keep(connection(name))
  assert.equal(idle.take(({ peer }) => peer !== 'c')?.peer, 'b')
  assert.equal(idle.take(all)?.peer, 'c')
  assert.equal(idle.size, 1)
  assert.equal(
    idle.take(({ peer }) => peer === 'x'),
    undefined,
  )
  idle.close()
})

test('one that the remote has closed meanwhile is passed over', () => {
  const idle = new IdleConnections(60_000)
  idle.keep(connection('a'))
  idle.keep(connection('b', false))
  assert.equal(idle.take(all)?.peer, 'a')
  assert.deepEqual([closed, idle.size], [['cut b'], 0])
})

test('each is ended when its time is over, unless it was taken before', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const idle = new IdleConnections(1000)
  idle.keep(connection('a'))
  idle.keep(connection('b'))
  t.mock.timers.tick(500)
  idle.keep(connection('c'))
  assert.equal(idle.take(({ peer }) => peer === 'b')?.peer, 'b')
  t.mock.timers.tick(500)
  assert.deepEqual([closed, idle.size], [['bye a'], 1])
  t.mock.timers.tick(500)
  assert.deepEqual([closed, idle.size], [['bye a', 'bye c'], 0])
})

test('to make room the oldest is ended, and at the end all', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const idle = new IdleConnections(1000)
  for (const name of ['a', 'b', 'c']) idle.keep(connection(name))
  idle.closeOldest()
  assert.deepEqual(closed, ['bye a'])
  idle.close()
  idle.closeOldest()
  t.mock.timers.tick(1000)
  assert.deepEqual(closed, ['bye a', 'bye b', 'bye c'])
})
