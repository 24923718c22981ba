import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { LOOKUP_LIMITS, LookupLimiter } from './lookup-limiter.ts'
import type { LookupLimits } from './lookup-limiter.ts'

/** A limiter whose lookups end when the test says so. */
function limiterWith(limits: Partial<LookupLimits>) {
  let at = 0
  const limiter = new LookupLimiter({ ...LOOKUP_LIMITS, ...limits }, () => at)
  const running: { name: string; end: (failed: boolean) => void }[] = []
  const ask = (name: string): Promise<boolean | string> =>
    limiter.run(
      name,
      () => new Promise<boolean>((resolve) => running.push({ name, end: resolve })),
      (failed) => failed,
    )
  return {
    ask,
    running,
    pass: (ms: number) => (at += ms),
    async end(index: number, failed = false) {
      running.splice(index, 1)[0]?.end(failed)
      await setImmediate()
    },
  }
}

describe('lookups', () => {
  test('of one zone are bounded in flight and waiting, and further ones are rejected', async () => {
    const { ask, running, end } = limiterWith({ perZone: 2, waitingPerZone: 1 })
    const [one, , three] = [ask('a.x.test'), ask('b.x.test'), ask('c.x.test')]
    assert.equal(await ask('d.x.test'), 'full')
    assert.equal(running.length, 2)
    await end(0)
    assert.equal(await one, false)
    assert.deepEqual(
      running.map(({ name }) => name),
      ['b.x.test', 'c.x.test'],
    )
    await end(1)
    assert.equal(await three, false)
  })

  test('of another zone run first when one zone has used all the room', async () => {
    const { ask, running, end } = limiterWith({ inFlight: 2 })
    for (const name of ['a.x.test', 'b.x.test', 'c.x.test']) void ask(name)
    void ask('a.y.test')
    await end(0)
    assert.deepEqual(
      running.map(({ name }) => name),
      ['b.x.test', 'a.y.test'],
    )
  })

  test('of a silent zone are limited to probes until one is answered, or the time of silence is over', async () => {
    const { ask, running, end, pass } = limiterWith({ silentAfter: 2, probes: 1, silentMs: 1000 })
    for (const name of ['a.x.test', 'b.x.test']) void ask(name)
    await end(0, true)
    await end(0, true)
    const probe = ask('c.x.test')
    assert.equal(await ask('d.x.test'), 'silent')
    void ask('a.y.test')
    assert.equal(running.length, 2)
    await end(0)
    assert.equal(await probe, false)
    void ask('e.x.test')
    void ask('f.x.test')
    assert.equal(running.length, 3)
    await end(1, true)
    await end(1, true)
    void ask('g.x.test')
    assert.equal(await ask('h.x.test'), 'silent')
    pass(1001)
    void ask('i.x.test')
    assert.equal(running.length, 3)
  })

  test('that fail for one owner do not block other owners that share the zone', async () => {
    const { ask, running, end } = limiterWith({ silentAfter: 2, probes: 1 })
    for (const name of ['mx1.a.uk.com', 'mx2.a.uk.com']) void ask(name)
    await end(0, true)
    await end(0, true)
    void ask('mx3.a.uk.com')
    assert.equal(await ask('mx4.a.uk.com'), 'silent')
    void ask('b.uk.com')
    void ask('c.uk.com')
    assert.equal(running.length, 3)
  })

  test('lose their place when the queue is full: the zone with the most waiting loses its newest', async () => {
    const { ask, running, end } = limiterWith({ inFlight: 1, waiting: 3 })
    void ask('a.x.test')
    const waiting = [ask('b.x.test'), ask('c.x.test'), ask('d.x.test')]
    void ask('a.y.test')
    assert.equal(await waiting[2], 'full')
    assert.equal(await ask('b.y.test'), 'full', 'it would have as many as the other')
    for (let count = 0; count < 3; count++) await end(0)
    assert.equal(running.length, 1)
    assert.deepEqual(await Promise.all(waiting.slice(0, 1)), [false])
  })

  test('that wait end at once when their zone turns out to be silent', async () => {
    const { ask, end } = limiterWith({ perZone: 2, silentAfter: 2 })
    void ask('a.x.test')
    void ask('b.x.test')
    const waiting = [ask('c.x.test'), ask('d.x.test'), ask('e.x.test')]
    await end(0, true)
    await end(0, true)
    await end(0, true)
    assert.deepEqual((await Promise.all(waiting.slice(1))).slice(0, 2), ['silent', 'silent'])
  })

  test('leave no state behind for a zone that answered, and bounded state for the others', async () => {
    const { ask, end } = limiterWith({ zones: 3 })
    for (let count = 0; count < 10; count++) {
      void ask(`a.x${count}.test`)
      await end(0, true)
    }
    assert.equal(await Promise.race([ask('a.new.test'), setImmediate('runs')]), 'runs')
  })
})
