import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_PROTECTION } from '@postrider/runtime-config/protection'
import { createPace, MIN_CONTENT } from './pace.ts'
import type { Stage } from './pace.ts'

/** When a client that does this each second is found too slow, in seconds; undefined: never within an hour. */
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

test('what counts of a command is its end, not that something trickles in', () => {
  assert.equal(slowAfter('command', 1), 300)
  assert.equal(slowAfter('command', 0), 300)
  assert.equal(slowAfter('command', 1, 299), undefined)
})

test('content must go on by 16 KiB in three minutes', () => {
  assert.equal(slowAfter('content', 1), 180)
  assert.equal(slowAfter('content', Math.ceil(MIN_CONTENT / 180)), undefined)
})

test('a client that waits for us is never too slow', () => {
  assert.equal(slowAfter('ours', 0), undefined)
})
