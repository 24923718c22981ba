import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { eventually } from '../../support/eventually.ts'
import type { Journey, Run } from '../journey.ts'
import { get, helm, kubectl, ROOT } from '../kube.ts'
import { assertWhole, underLoad, WITHOUT_BROKER } from '../load.ts'
import { installChart, PLATFORM, RELEASE, SYSTEM, valuesFor, waitFor } from '../platform.ts'
import { quickstart } from './begin.ts'
import { removeRelease } from './uninstall.ts'

/** From a chart and images of an earlier commit to today's, and back. */
export interface Earlier {
  commit: string
  /** Of its image. */
  tag: string
}

/** Installs the earlier chart where nothing of a later one is left, as if that had never been. */
export const installEarlier =
  ({ commit, tag }: Earlier): Run =>
  async (journey) => {
    await removeRelease()
    await kubectl('delete', 'pvc', '--all', '-n', SYSTEM)
    const crds = (await kubectl('get', 'crd', '-o', 'name')).split('\n').filter((name) => name.includes('postrider'))
    if (crds.length > 0) await kubectl('delete', ...crds)
    const folder = await mkdtemp(join(tmpdir(), 'postrider-earlier-'))
    try {
      const run = promisify(execFile)
      const archive = join(folder, 'chart.tar')
      await run('git', ['archive', '-o', archive, commit, 'charts/postrider'], { cwd: ROOT })
      await run('tar', ['-xf', archive, '-C', folder])
      await installChart(join(folder, 'charts', 'postrider'), { ...journey.images, tag })
      await quickstart(journey, () => undefined)
    } finally {
      await rm(folder, { recursive: true })
    }
  }

export const upgrade: Run = async (journey, log) => {
  const chart = join(ROOT, 'charts', 'postrider')
  const verdict = await underLoad(journey.remote, async () => {
    const args = ['-n', SYSTEM, ...valuesFor(journey.images), '--wait', '--timeout', '3m']
    await helm('upgrade', RELEASE, chart, ...args)
    await allRun(journey, journey.images.tag)
  })
  assertWhole(verdict, WITHOUT_BROKER, log)
}

export const rollback =
  ({ tag }: Earlier): Run =>
  async (journey, log) => {
    const verdict = await underLoad(journey.remote, async () => {
      await helm('rollback', RELEASE, '1', '-n', SYSTEM, '--wait', '--timeout', '3m')
      await allRun(journey, tag)
    })
    assertWhole(verdict, WITHOUT_BROKER, log)
  }

interface Deployment {
  spec: { template: { spec: { containers: { image: string }[] } } }
}

/** Everything runs with the images of this tag, and is well. */
async function allRun({ images }: Journey, tag: string): Promise<void> {
  // Until the kubelet has brought new accounts into the broker, a minute or more, the services stay as they are.
  for (const name of ['postrider-operator', 'mail-ingress', 'mail-delivery', 'mail-notifier']) {
    await eventually(async () => {
      const { spec } = await get<Deployment>('deployment', name, '-n', SYSTEM)
      const used = spec.template.spec.containers.map(({ image }) => image)
      assert.deepEqual(used, [`${images.repository}:${tag}`])
    }, 150_000)
    await kubectl('rollout', 'status', `deployment/${name}`, '-n', SYSTEM, '--timeout=180s')
  }
  await waitFor('mailplatform', PLATFORM, SYSTEM)
}
