import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startPeriodicTasks } from './periodic-tasks.ts'

test('work that fails waits, and the work after it goes on', async () => {
  const story: string[] = []
  const { promise, resolve } = Promise.withResolvers<undefined>()
  let turns = 0
  const stop = startPeriodicTasks({
    everyMs: 1,
    tasks: () => {
      turns++
      if (turns === 3) resolve(undefined)
      return {
        first: () => {
          story.push(`first ${turns}`)
          throw new Error('no')
        },
        second: () => Promise.resolve(void story.push(`second ${turns}`)),
      }
    },
    failed: (task, error) => story.push(`${task} failed: ${error instanceof Error ? error.message : ''}`),
  })
  await promise
  await stop()
  assert.deepEqual(story, ['first 1', 'first failed: no', 'second 1', 'second 2', 'second 3'])
})

test('to stop resolves after the work that is under way, and no more begins', async () => {
  const story: string[] = []
  const begun = Promise.withResolvers<undefined>()
  const stop = startPeriodicTasks({
    everyMs: 1,
    tasks: () => ({
      slow: async () => {
        story.push('begun')
        begun.resolve(undefined)
        await new Promise(setImmediate)
        story.push('done')
      },
    }),
    failed: () => undefined,
  })
  await begun.promise
  await stop()
  assert.deepEqual(story, ['begun', 'done'])
})
