import assert from 'node:assert/strict'
import { eventually } from '../../support/eventually.ts'
import { timed } from '../journey.ts'
import type { Run } from '../journey.ts'
import { apply, kubectl, readyPods } from '../kube.ts'
import { client, mailTo, patchPlatform, send, SHOP, startClient, SYSTEM, waitFor } from '../platform.ts'
import { manifest } from '../../support/manifest.ts'

/** What the issue promises for a changed limit and a deleted credential. */
const SOON_S = 5

export const changedLimit: Run = async (_, log) => {
  await patchPlatform({ ingress: { replicas: 3 } })
  const pods = await eventually(async () => {
    const found = await readyPods(SYSTEM, 'app.kubernetes.io/component=ingress')
    assert.equal(found.length, 3)
    return found
  }, 120_000)
  const everywhere = (accepted: boolean): Promise<void> =>
    eventually(async () => {
      for (const { status } of pods) {
        const host = status.podIP ?? ''
        const sent = await send({ secret: 'app-smtp', host, mail: mailTo('someone@take.test', 'limited') })
        assert.equal(sent.responseCode, accepted ? undefined : 452, `${host}: ${sent.error ?? sent.response ?? ''}`)
        assert.equal(sent.ok, accepted, sent.error)
      }
    }, 30_000)
  await everywhere(true)
  for (const [messagesPerDay, accepted] of [
    [1, false],
    [100_000, true],
  ] as const) {
    const patch = JSON.stringify({ spec: { messagesPerDay } })
    await kubectl('patch', 'smtplimit', 'modest', '-n', SHOP, '--type=merge', '-p', patch)
    const seconds = await timed(() => everywhere(accepted))
    const what = accepted ? 'taken' : 'refused'
    log(`messagesPerDay ${messagesPerDay}: ${what} by all ${pods.length} pods after ${seconds.toFixed(1)} s`)
    assert.ok(seconds < SOON_S)
  }
}

export const deletedCredential: Run = async ({ images }, log) => {
  await apply([
    manifest('SMTPCredential', 'gone', { address: 'gone@example.org', domainRef: { name: 'example' } }, SHOP),
  ])
  await waitFor('smtpcredential', 'gone', SHOP)
  await startClient(images, ['app-smtp', 'gone-smtp'])
  const held = await client<{ ok: boolean; error?: string }>('POST', '/hold', { secret: 'gone-smtp' })
  assert.equal(held.ok, true, held.error)
  await kubectl('delete', 'smtpcredential', 'gone', '-n', SHOP)
  const startedAt = Date.now()
  const mail = { ...mailTo('someone@take.test', 'too late'), from: 'gone@example.org' }
  await eventually(async () => {
    const sent = await send({ secret: 'gone-smtp', mail })
    assert.equal(sent.responseCode, 535, sent.error ?? sent.response)
  }, 30_000)
  const refusedAfter = (Date.now() - startedAt) / 1000
  const { endedAt, lines } = await eventually(async () => {
    const state = await client<{ endedAt: number; lines: string[] }>('GET', '/hold')
    assert.ok(state.endedAt > 0, 'the session goes on')
    return state
  }, 30_000)
  const endedAfter = (endedAt - startedAt) / 1000
  log(`AUTH refused after ${refusedAfter} s; the session ended after ${endedAfter} s with: ${lines.at(-1) ?? ''}`)
  assert.ok(refusedAfter < SOON_S && endedAfter < SOON_S)
}
