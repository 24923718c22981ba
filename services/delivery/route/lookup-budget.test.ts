import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { withBudget } from './lookup-budget.ts'
import type { DnsResolver } from './resolver.ts'

test('an attempt waits for lookups up to its budget in total, and simultaneous lookups count once', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] })
  let at = 0
  const pass = async (ms: number): Promise<void> => {
    at += ms
    context.mock.timers.tick(ms)
    await setImmediate()
  }
  const slow = <T>(ms: number, answer: T): Promise<T> => new Promise((resolve) => setTimeout(() => resolve(answer), ms))
  const resolver: DnsResolver = {
    mx: () => slow(400, { none: 'no-data', detail: '' }),
    addresses: (name) => slow(name === 'quick.test' ? 400 : 10_000, { records: ['192.0.2.1'] }),
  }
  const budgeted = withBudget(resolver, 1000, () => at)

  const mx = budgeted.mx('a.test')
  await pass(400)
  assert.deepEqual(await mx, { none: 'no-data', detail: '' })
  // Time between lookups does not count.
  await pass(60_000)
  const pair = [budgeted.addresses('quick.test'), budgeted.addresses('quick.test')]
  await pass(400)
  for (const answer of await Promise.all(pair)) assert.deepEqual(answer, { records: ['192.0.2.1'] })
  const silent = budgeted.addresses('slow.test')
  await pass(200)
  assert.equal('none' in (await silent) && ((await silent) as { none: string }).none, 'trouble')
  // The budget is used up, so the answer comes at once.
  const over = await budgeted.addresses('quick.test')
  assert.ok('none' in over && over.none === 'trouble')
})
