import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { openCluster } from '@postrider/kubernetes/transport/client'
import type { Cluster } from '@postrider/kubernetes/transport/client'
import { ApiError } from '@postrider/kubernetes/transport/errors'
import { KINDS } from '@postrider/kubernetes/object/kinds'
import { runAsLeader } from '@postrider/kubernetes/lease/lease'
import { holderOf } from '@postrider/kubernetes/lease/lease-record'
import type { Lease } from '@postrider/kubernetes/lease/lease-record'
import { refTo } from '@postrider/kubernetes/object/object'
import { apiServerMissing, startApiServer } from '../support/api-server.ts'
import type { ApiServer } from '../support/api-server.ts'
import { eventually } from '../support/eventually.ts'

interface Line {
  at: number
  identity: string
  what: string
}

describe('the lead of one among several', { skip: apiServerMissing() }, () => {
  let server: ApiServer
  let cluster: Cluster
  const children: ChildProcess[] = []
  before(async () => {
    server = await startApiServer()
    cluster = openCluster({ kubeconfig: server.kubeconfig })
  })
  after(async () => {
    for (const child of children) child.kill('SIGKILL')
    cluster.close()
    await server.stop()
  })

  function candidate(name: string, identity: string): ChildProcess {
    const program = join(import.meta.dirname, 'runtime-lease-process.ts')
    const child = spawn(process.execPath, [program, server.kubeconfig, name, identity, fileOf(name)], {
      stdio: 'inherit',
    })
    children.push(child)
    return child
  }
  const fileOf = (name: string): string => join(server.folder, `${name}.jsonl`)
  function told(name: string, what: string, identity?: string): Line[] {
    if (!existsSync(fileOf(name))) return []
    const lines = readFileSync(fileOf(name), 'utf8').trim().split('\n')
    return lines
      .map((line) => JSON.parse(line) as Line)
      .filter((line) => line.what === what && (identity === undefined || line.identity === identity))
  }

  test('a leader that is killed is followed within 20 s, one that leaves within 3 s, and never two lead', async () => {
    const one = candidate('kill', 'one')
    await eventually(() => assert.equal(told('kill', 'begin', 'one').length, 1))
    const two = candidate('kill', 'two')
    await eventually(() => assert.equal(told('kill', 'candidate', 'two').length, 1))
    // Renewed several times: it is not by chance that nobody else has it.
    await pause(4000)
    const killedAt = Date.now()
    one.kill('SIGKILL')
    const [begin] = await eventually(() => {
      const begins = told('kill', 'begin', 'two')
      assert.equal(begins.length, 1)
      return begins
    }, 40_000)
    const afterKill = (begin?.at ?? Infinity) - killedAt
    console.log(`followed ${afterKill} ms after SIGKILL`)
    assert.ok(afterKill < 20_000, `${afterKill} ms`)

    candidate('kill', 'three')
    await eventually(() => assert.equal(told('kill', 'candidate', 'three').length, 1))
    await pause(1000)
    const leftAt = Date.now()
    two.kill('SIGTERM')
    const [third] = await eventually(() => {
      const begins = told('kill', 'begin', 'three')
      assert.equal(begins.length, 1)
      return begins
    }, 40_000)
    const afterLeaving = (third?.at ?? Infinity) - leftAt
    console.log(`followed ${afterLeaving} ms after SIGTERM`)
    // Sooner than an unreleased lease expires, which takes 15 s.
    assert.ok(afterLeaving < 10_000, `${afterLeaving} ms`)
    const [ended] = told('kill', 'end', 'two')
    assert.ok(ended && third && ended.at <= third.at)
  })

  test('who cannot renew has ended its work before the next begins, and may lead again later', async () => {
    const timing = { durationMs: 3000, renewDeadlineMs: 2000, retryMs: 400 }
    const story: string[] = []
    let cut = false
    const cuttable: Cluster = {
      ...cluster,
      get: (ref, limits) => (cut ? unreachable() : cluster.get(ref, limits)),
      replace: (object, limits) => (cut ? unreachable() : cluster.replace(object, limits)),
    }
    const join = (identity: string, through: Cluster) =>
      runAsLeader({
        cluster: through,
        namespace: 'default',
        name: 'cut',
        identity,
        timing,
        async onStart(signal) {
          story.push(`${identity} begins`)
          await new Promise((resolve) => signal.addEventListener('abort', resolve))
          story.push(`${identity} ends`)
        },
        onLost: () => story.push(`${identity} lost`),
      })
    const first = join('first', cuttable)
    await eventually(() => assert.deepEqual(story, ['first begins']))
    const second = join('second', cluster)
    cut = true
    await eventually(() => assert.deepEqual(story, ['first begins', 'first ends', 'first lost', 'second begins']))
    assert.equal(first.leading, false)
    assert.equal(second.leading, true)
    cut = false
    await second.stop()
    await eventually(() => assert.equal(story.at(-1), 'first begins'))
    await first.stop()
    const lease = await cluster.get<Lease>(refTo(KINDS.Lease, 'default', 'cut'))
    assert.equal(holderOf(lease), '')
  })

  test('work that fails gives the lead away, and a deleted lease is recreated by its leader', async () => {
    const timing = { durationMs: 3000, renewDeadlineMs: 2000, retryMs: 300 }
    const reasons: string[] = []
    let fail = (): void => undefined
    const leadership = runAsLeader({
      cluster,
      namespace: 'default',
      name: 'fail',
      identity: 'me',
      timing,
      onStart: (signal) =>
        new Promise((resolve, reject) => {
          fail = () => reject(new Error('of the work'))
          signal.addEventListener('abort', () => resolve())
        }),
      onLost: (reason) => reasons.push(reason),
    })
    await eventually(() => assert.equal(leadership.leading, true))
    const ref = refTo(KINDS.Lease, 'default', 'fail')
    await cluster.remove(ref)
    await eventually(async () => assert.equal(holderOf(await cluster.get<Lease>(ref)), 'me'))
    assert.deepEqual(reasons, [])
    fail()
    await eventually(() => assert.match(reasons.join(), /of the work/))
    assert.equal(holderOf(await cluster.get<Lease>(ref)), '')
    await eventually(() => assert.equal(leadership.leading, true))
    await leadership.stop()
    assert.equal(leadership.leading, false)
  })
})

const unreachable = (): Promise<never> =>
  Promise.reject(new ApiError({ status: 0, reason: 'Unreachable', message: 'cut off' }))
