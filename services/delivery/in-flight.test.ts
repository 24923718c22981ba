import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InFlight } from './in-flight.ts'

test('two attempts with the same key run one after the other, and each is in flight until its end', async () => {
  const inFlight = new InFlight()
  const story: string[] = []
  const ends: (() => void)[] = []
  const attempt = (name: string) => async () => {
    story.push(`${name} begins`)
    await new Promise<void>((resolve) => ends.push(resolve))
    story.push(`${name} ends`)
  }
  const first = inFlight.run('a/0/0', { inFlight: true }, attempt('first'))
  const second = inFlight.run('a/0/0', { inFlight: true }, attempt('second'))
  const other = inFlight.run('b/0/0', { inFlight: true }, attempt('other'))
  assert.ok(inFlight.has('a/0/0') && inFlight.has('b/0/0') && !inFlight.has('c/0/0'))
  for (let round = 0; round < 3; round++) {
    ends.shift()?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  await Promise.all([first, second, other])
  assert.deepEqual(story, ['first begins', 'other begins', 'first ends', 'second begins', 'other ends', 'second ends'])
  assert.ok(!inFlight.has('a/0/0') && !inFlight.has('b/0/0'))
})

test('the next attempt runs after one that fails', async () => {
  const inFlight = new InFlight()
  await assert.rejects(inFlight.run('a/0/0', { inFlight: true }, () => Promise.reject(new Error('no content'))))
  await inFlight.run('a/0/0', { inFlight: true }, () => Promise.resolve())
})

test('a job that was let go is not in flight while its connection is being closed', () => {
  const inFlight = new InFlight()
  void inFlight.run('a/0/0', { inFlight: false }, () => new Promise(() => undefined))
  assert.ok(!inFlight.has('a/0/0'))
})
