import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runLimit } from './limit-run.ts'

const LIMIT = 200
const CLIENTS = 8

test('eight client processes against two ingress processes get exactly what a limit allows', async () => {
  const run = await runLimit({ limit: LIMIT, clients: CLIENTS, kills: [] })
  assert.deepEqual([run.accepted, run.delivered, run.lost], [LIMIT, LIMIT, 0])
  assert.ok(run.refusals.length > 0)
  assert.ok(
    run.refusals.every((reply) => reply.includes('has sent 200 of 200 messages in 24 hours')),
    run.refusals[0],
  )
  assert.ok(
    run.shares.every((share) => share > 0),
    `both processes take part: ${run.shares.join(' and ')}`,
  )
})

test('kill -9 of ingress and broker costs at most the messages in flight, and never lets one more through', async () => {
  const kills = [
    { after: 40, target: 'ingress' },
    { after: 80, target: 'broker' },
    { after: 120, target: 'ingress' },
  ] as const
  const run = await runLimit({ limit: LIMIT, clients: CLIENTS, kills: [...kills] })
  assert.equal(run.killed, kills.length)
  assert.equal(run.lost, 0)
  assert.ok(run.accepted <= LIMIT && run.delivered <= LIMIT, `${run.accepted} accepted, ${run.delivered} stored`)
  assert.ok(run.accepted >= LIMIT - CLIENTS * kills.length, `${run.accepted} accepted`)
})
