import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { ADOPT_FORWARD_MS, MAX_SKEW_MS, PlatformTime } from './platform-time.ts'

const HOUR = 3_600_000
const EPOCH = 1_800_000_000_000

/** A reading of clocks that agreed at the start; `broker` is how far the broker's clock has been set since. */
const at = (monotonic: number, { broker = 0 } = {}) => ({ monotonic, broker: EPOCH + monotonic + broker })

const certain = (time: PlatformTime, monotonic: number, machine = 0): number | undefined =>
  time.certain(monotonic, EPOCH + monotonic + machine)

describe('clocks that agree', () => {
  test('both times are the broker’s', () => {
    const time = new PlatformTime(at(5000))
    assert.equal(time.now(6000), EPOCH + 6000)
    assert.equal(certain(time, 6000), EPOCH + 6000)
  })

  test('a drift of seconds is followed at once', () => {
    const time = new PlatformTime(at(0))
    time.observe(at(HOUR, { broker: 3000 }))
    assert.equal(certain(time, HOUR), EPOCH + HOUR + 3000)
  })
})

test('a reading that took some milliseconds longer does not set the time back', () => {
  const time = new PlatformTime(at(0))
  const before = time.now(1000)
  time.observe(at(1000, { broker: -40 }))
  assert.ok(time.now(1001) > before)
  time.observe(at(2000, { broker: -400 }))
  assert.equal(time.now(2000), EPOCH + 1600)
})

describe('a machine whose clock is set by an hour, either way', () => {
  for (const machine of [HOUR, -HOUR]) {
    test(`by ${machine / HOUR} h: the time stays the broker’s, and nothing expires`, () => {
      const time = new PlatformTime(at(0))
      assert.equal(certain(time, 1000, machine), undefined, 'before the next reading')
      time.observe(at(2000))
      assert.equal(time.now(3000), EPOCH + 3000)
      assert.equal(certain(time, 3000, machine), undefined)
      time.observe(at(4000))
      assert.equal(certain(time, 4000), EPOCH + 4000, 'set right')
    })
  }
})

describe('a broker and all machines whose clocks are set', () => {
  test('forward: due times follow at once, expiry only after a day', () => {
    const jump = { broker: 40 * 24 * HOUR }
    const time = new PlatformTime(at(0))
    time.observe(at(1000, jump))
    assert.equal(time.now(2000), EPOCH + 2000 + jump.broker)
    assert.equal(certain(time, 2000, jump.broker), EPOCH + 2000)
    const adopted = 1000 + ADOPT_FORWARD_MS
    time.observe(at(adopted - 1, jump))
    assert.equal(certain(time, adopted, jump.broker), EPOCH + adopted)
    time.observe(at(adopted, jump))
    assert.equal(certain(time, adopted, jump.broker), EPOCH + adopted + jump.broker)
  })

  test('forward and back within the day: the first jump is forgotten', () => {
    const jump = { broker: HOUR }
    const time = new PlatformTime(at(0))
    time.observe(at(1000, jump))
    time.observe(at(2000))
    const later = 1000 + ADOPT_FORWARD_MS
    time.observe(at(later, jump))
    assert.equal(certain(time, later, HOUR), EPOCH + later)
  })

  test('back and forward: a message accepted in between does not expire an hour early', () => {
    const back = { broker: -HOUR }
    const time = new PlatformTime(at(0))
    time.observe(at(1000, back))
    const stamped = time.now(2000)
    time.observe(at(3000))
    assert.ok((certain(time, 4000) ?? 0) - stamped <= 2000)
  })
})

test('the certain time never grows faster than real time, whatever clocks do', () => {
  const reading = fc.record({
    after: fc.integer({ min: 1, max: HOUR }),
    broker: fc.integer({ min: -HOUR * 1000, max: HOUR * 1000 }),
  })
  fc.assert(
    fc.property(fc.array(reading, { maxLength: 10 }), (readings) => {
      const time = new PlatformTime(at(0))
      let monotonic = 0
      let last = { at: 0, certain: EPOCH }
      for (const { after, broker } of readings) {
        monotonic += after
        time.observe(at(monotonic, { broker }))
        const now = certain(time, monotonic, broker)
        assert.notEqual(now, undefined)
        const grown = (now ?? 0) - last.certain
        // A drift of up to MAX_SKEW_MS is followed at each reading.
        assert.ok(grown <= monotonic - last.at + MAX_SKEW_MS)
        last = { at: monotonic, certain: now ?? 0 }
      }
    }),
  )
})
