import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BrokerAwayError, ConnectionLoss } from './connection-loss.ts'

function line() {
  const listeners: (() => void)[] = []
  const state = { connected: true, closed: false }
  return {
    state,
    reconnect: () => listeners.forEach((run) => run()),
    line: {
      get connected() {
        return state.connected
      },
      isClosed: () => state.closed,
      onReconnect: (run: () => void) => void listeners.push(run),
    },
  }
}

const never = <T>(): Promise<T> => new Promise(() => undefined)

test('an answer and an error are passed on', async () => {
  const loss = new ConnectionLoss(line().line)
  assert.equal(await loss.unlessReconnected(Promise.resolve(7)), 7)
  await assert.rejects(loss.unlessReconnected(Promise.reject(new Error('refused'))), /refused/)
})

test('a waiter on a lost connection is released by the reconnect, and a later waiter gets its answer', async () => {
  const { line: connection, reconnect } = line()
  const loss = new ConnectionLoss(connection)
  const before = loss.unlessReconnected(never())
  reconnect()
  assert.equal(await before, undefined)
  const after = loss.unlessReconnected(Promise.resolve('stored'))
  assert.equal(await after, 'stored')
})

test('each waiter has its own time limit for a lost connection, and each loss is timed from its own start', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  let now = 0
  t.mock.method(performance, 'now', () => now)
  const pass = (ms: number): void => {
    for (let left = ms; left > 0; left -= 500) {
      now += 500
      t.mock.timers.tick(500)
    }
  }
  const { line: connection, state } = line()
  const loss = new ConnectionLoss(connection)
  let patient = 'waits'
  void loss.unlessReconnected(never()).catch(() => (patient = 'gave up'))
  const impatient = assert.rejects(loss.unlessReconnected(never(), 3000), BrokerAwayError)
  state.connected = false
  pass(2500)
  state.connected = true
  pass(1000)
  state.connected = false
  pass(2500)
  let over = false
  void impatient.then(() => (over = true))
  await Promise.resolve()
  assert.equal(over, false)
  pass(1500)
  await impatient
  assert.equal(patient, 'waits')
})
