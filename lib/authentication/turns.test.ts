import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TooManyLoginsError, createFairQueue } from './turns.ts'
import type { FairQueue } from './turns.ts'

/** Tasks that end when they are let. */
function tasks(queue: FairQueue) {
  const begun: string[] = []
  const ends = new Map<string, PromiseWithResolvers<undefined>>()
  const results: Promise<unknown>[] = []
  return {
    begun,
    come(name: string, key = name[0] ?? '', first = false): Promise<void> {
      const end = Promise.withResolvers<undefined>()
      ends.set(name, end)
      const result = queue(
        async () => {
          begun.push(name)
          await end.promise
        },
        { key, first },
      )
      result.catch(() => undefined)
      results.push(result)
      return result
    },
    /** Lets the task end, and whoever comes next begin. */
    async end(name: string): Promise<void> {
      ends.get(name)?.resolve(undefined)
      await new Promise(setImmediate)
    },
  }
}

test('so many run at once, and each that ends lets another begin', async () => {
  const { begun, come, end } = tasks(createFairQueue(2, 10))
  for (const name of ['a1', 'a2', 'a3', 'a4']) void come(name)
  assert.deepEqual(begun, ['a1', 'a2'])
  await end('a2')
  assert.deepEqual(begun, ['a1', 'a2', 'a3'])
  await end('a1')
  await end('a3')
  await end('a4')
  void come('a5')
  void come('a6')
  void come('a7')
  assert.deepEqual(begun.slice(4), ['a5', 'a6'])
})

test('the turn goes round among askers, and an asker has its tasks done in their order', async () => {
  const { begun, come, end } = tasks(createFairQueue(1, 10))
  for (const name of ['a1', 'a2', 'a3', 'a4', 'b1', 'c1', 'b2']) void come(name)
  for (const name of ['a1', 'a2', 'b1', 'c1', 'a3', 'b2']) await end(name)
  assert.deepEqual(begun, ['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4'])
})

test('those who go first go before all others', async () => {
  const { begun, come, end } = tasks(createFairQueue(1, 10))
  for (const name of ['a1', 'a2', 'b1']) void come(name)
  void come('f1', 'f', true)
  for (const name of ['a1', 'f1']) await end(name)
  assert.deepEqual(begun, ['a1', 'f1', 'a2'])
})

test('one too many is turned away, over all and of one asker', async () => {
  const { come } = tasks(createFairQueue(1, 3, 2))
  void come('a1')
  void come('a2')
  void come('a3')
  await assert.rejects(come('a4'), TooManyLoginsError)
  void come('b1')
  await assert.rejects(come('c1'), TooManyLoginsError)
  await assert.rejects(come('f1', 'f', true), TooManyLoginsError)
})

test('a task that fails gives its place on', async () => {
  const queue = createFairQueue(1, 1)
  const failing = queue(() => Promise.reject(new Error('no')))
  const next = queue(() => Promise.resolve('next'))
  await assert.rejects(failing, /no/)
  assert.equal(await next, 'next')
})

test('no more checks run at once than may, however they come and go, and those after a full line are turned away', async () => {
  const inTurn = createFairQueue(2, 5)
  let running = 0
  let most = 0
  const order: number[] = []
  const task = (name: number) =>
    inTurn(async () => {
      most = Math.max(most, ++running)
      await new Promise(setImmediate)
      running--
      order.push(name)
      if (name === 3) throw new Error('a task may fail')
      if (name < 3) arriveLater(name)
    })
  // Some of them come at the very moment at which a place is handed over.
  const arriveLater = (name: number) => {
    let soon = Promise.resolve()
    for (let steps = 1; steps <= 6; steps++) {
      soon = soon.then(() => void task(name * 100 + 100 + steps).catch(() => undefined))
    }
  }
  const results = await Promise.allSettled([0, 1, 2, 3, 4, 5, 6, 7, 8].map(task))
  assert.equal(most, 2)
  assert.deepEqual(order.slice(0, 7), [0, 1, 2, 3, 4, 5, 6])
  const turnedAway = results.filter(
    (result) => result.status === 'rejected' && result.reason instanceof TooManyLoginsError,
  )
  assert.equal(turnedAway.length, 2)
})
