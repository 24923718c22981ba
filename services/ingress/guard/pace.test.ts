import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_PROTECTION } from '@postrider/runtime-config/protection'
import { createPace, MIN_CONTENT } from './pace.ts'
import type { Stage } from './pace.ts'

/** The second in which a client with this pace counts as too slow; undefined: not within an hour. */
function slowAfter(stage: Stage, octetsASecond: number, secondsACommand = Infinity): number | undefined {
  const pace = createPace()
  const settings = { ...DEFAULT_PROTECTION, commandMs: 300_000, contentMs: 180_000 }
  for (let second = 0; second <= 3600; second++) {
    const moment = {
      stage,
      commands: Math.floor(second / secondsACommand),
      octets: second * octetsASecond,
      now: second * 1000,
    }
    if (pace(moment, settings) === 'slow') return second
  }
  return undefined
}

test('only complete commands count as progress, not single octets', () => {
  assert.equal(slowAfter('command', 1), 300)
  assert.equal(slowAfter('command', 0), 300)
  assert.equal(slowAfter('command', 1, 299), undefined)
})

test('content must progress by 16 KiB in three minutes', () => {
  assert.equal(slowAfter('content', 1), 180)
  assert.equal(slowAfter('content', Math.ceil(MIN_CONTENT / 180)), undefined)
})

test('a client that waits for the server is never too slow', () => {
  assert.equal(slowAfter('ours', 0), undefined)
})
