import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { eventually } from '../../support/eventually.ts'
import { setTimeout as pause } from 'node:timers/promises'
import { timed } from '../journey.ts'
import type { Run } from '../journey.ts'
import { get, kill, kubectl, readyPods, ROOT } from '../kube.ts'
import { assertWhole, GRACEFUL, loadReport, underLoad } from '../load.ts'
import { mailTo, send, SHOP, SYSTEM } from '../platform.ts'
import { REMOTE } from '../remote.ts'

/** Needs the cluster that the test brought up: nobody ends the API server of another's. */
const AWAY_MS = 60_000

/** The API server is away for a minute: mail flows on, and the operator follows again without a restart. */
export const apiServerAway: Run = async ({ remote, state }, log) => {
  assert.ok(state !== undefined)
  const operators = async (): Promise<string[]> =>
    (await readyPods(SYSTEM, 'app.kubernetes.io/component=operator'))
      .map(({ metadata, status }) => `${metadata.name} ${status.containerStatuses?.[0]?.restartCount}`)
      .sort()
  await allPodsReady()
  const before = await operators()
  let tookMeanwhile = 0
  const verdict = await underLoad(remote, async () => {
    const first = (await loadReport()).accepted.length
    process.kill(Number(readFileSync(join(state, 'pid', 'kube-apiserver'), 'utf8')), 'SIGKILL')
    await pause(AWAY_MS)
    await promisify(execFile)(join(ROOT, 'test', 'cluster', 'up.sh'), ['kube-apiserver'], {
      env: { ...process.env, STATE: state },
    })
    tookMeanwhile = (await loadReport()).accepted.length - first
  })
  assertWhole(verdict, GRACEFUL, log)
  log(`${tookMeanwhile} messages were taken while it was away`)
  assert.ok(tookMeanwhile > 50 * 50, 'mail did not flow on')
  const seconds = await timed(() => limitIs(1, false))
  log(`a limit was followed again ${seconds.toFixed(1)} s after the API server was back`)
  await limitIs(100_000, true)
  // A node that nobody heard of for so long is held to be away until it says otherwise, and its pods not to be ready.
  await allPodsReady()
  assert.deepEqual(await operators(), before, 'an operator was started again')
}

/** The leader is ended without a word: another, or it itself when it has started again, acts in less than 20 s. */
export const killedLeader: Run = async ({ state }, log) => {
  const lease = await get<{ spec: { holderIdentity: string } }>('lease', 'postrider-operator', '-n', SYSTEM)
  const leader = lease.spec.holderIdentity
  if (state !== undefined) await kill(state, SYSTEM, leader)
  else await kubectl('delete', 'pod', leader, '-n', SYSTEM, '--force', '--grace-period=0')
  const seconds = await timed(() => limitIs(1, false))
  log(`a limit was followed ${seconds.toFixed(1)} s after the leader's end`)
  assert.ok(seconds < 20)
  await limitIs(100_000, true)
}

async function allPodsReady(): Promise<void> {
  for (const namespace of [SYSTEM, SHOP, REMOTE])
    await kubectl('wait', '--for=condition=Ready', 'pods', '--all', '-n', namespace, '--timeout=120s')
}

/** Sets the limit, and waits until it is what counts. */
async function limitIs(messagesPerDay: number, accepted: boolean): Promise<void> {
  const patch = JSON.stringify({ spec: { messagesPerDay } })
  await kubectl('patch', 'smtplimit', 'modest', '-n', SHOP, '--type=merge', '-p', patch)
  await eventually(async () => {
    const sent = await send({ secret: 'app-smtp', mail: mailTo('someone@take.test', 'limited') })
    assert.equal(sent.responseCode, accepted ? undefined : 452, sent.error ?? sent.response)
    assert.equal(sent.ok, accepted, sent.error)
  }, 60_000)
}
