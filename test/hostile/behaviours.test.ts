import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { BEHAVIOURS } from './behaviours/all.ts'
import { tryBehaviour } from './run.ts'
import type { Tried } from './run.ts'
import { startWorld } from './world.ts'
import type { World } from './world.ts'

/** Those that take only seconds; `make hostile` tries them all, and measures. */
const quick = BEHAVIOURS.filter(({ slow = false }) => !slow)
/** Tried at the same time. */
const AT_ONCE = 16
/** None of these waits for a time-out, so that a busy machine may take its time. */
const PATIENCE = 4
const TIMEOUTS = { connect: '20s', greeting: '20s', mail: '20s', rcpt: '20s', data: '20s', block: '20s', final: '20s' }

describe('remotes that misbehave', () => {
  let world: World
  const results = new Map<string, Promise<Tried>>()

  before(async () => {
    world = await startWorld(quick, { timeouts: TIMEOUTS })
    const places = Array.from({ length: AT_ONCE }, () => Promise.resolve<unknown>(undefined))
    for (const [index, behaviour] of quick.entries()) {
      const place = index % AT_ONCE
      const result = (places[place] ?? Promise.resolve()).then(() =>
        tryBehaviour(world, behaviour, { patience: PATIENCE }),
      )
      results.set(behaviour.name, result)
      places[place] = result.catch(() => undefined)
    }
  })
  after(() => world.stop())

  for (const { name, what } of quick) {
    test(`${name}: ${what}`, async () => {
      const tried = await results.get(name)
      assert.deepEqual(tried?.differences, [], `seen: ${tried?.seen ?? ''}`)
    })
  }
})
