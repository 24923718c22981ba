import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { eventually } from '../../support/eventually.ts'
import type { Journey, Run } from '../journey.ts'
import { get, helm, kubectl, ROOT } from '../kube.ts'
import { assertWhole, underLoad } from '../load.ts'
import { installChart, PLATFORM, RELEASE, SYSTEM, valuesFor, waitFor } from '../platform.ts'
import { quickstart } from './begin.ts'

/** From a chart and images of an earlier commit to today's, and back. */
const PREVIOUS = 'previous'

export const installPrevious: Run = async (journey) => {
  // Nothing of the later one is to be there: it is as if it had never been.
  await kubectl('delete', 'pvc', '--all', '-n', SYSTEM)
  const crds = (await kubectl('get', 'crd', '-o', 'name')).split('\n').filter((name) => name.includes('postrider'))
  await kubectl('delete', ...crds)
  const folder = await mkdtemp(join(tmpdir(), 'postrider-previous-'))
  try {
    const run = promisify(execFile)
    const archive = join(folder, 'chart.tar')
    await run('git', ['archive', '-o', archive, journey.previous, 'charts/postrider'], { cwd: ROOT })
    await run('tar', ['-xf', archive, '-C', folder])
    await installChart(join(folder, 'charts', 'postrider'), { ...journey.images, tag: PREVIOUS })
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
  assertWhole(verdict, { graceful: true }, log)
}

export const rollback: Run = async (journey, log) => {
  const verdict = await underLoad(journey.remote, async () => {
    await helm('rollback', RELEASE, '1', '-n', SYSTEM, '--wait', '--timeout', '3m')
    await allRun(journey, PREVIOUS)
  })
  assertWhole(verdict, { graceful: true }, log)
}

interface Deployment {
  spec: { template: { spec: { containers: { image: string }[] } } }
}

/** Everything runs with the images of this tag, and is well. */
async function allRun({ images }: Journey, tag: string): Promise<void> {
  for (const name of ['postrider-operator', 'mail-ingress', 'mail-delivery', 'mail-notifier']) {
    await eventually(async () => {
      const { spec } = await get<Deployment>('deployment', name, '-n', SYSTEM)
      const used = spec.template.spec.containers.map(({ image }) => image)
      assert.deepEqual(used, [`${images.repository}:${tag}`])
    }, 60_000)
    await kubectl('rollout', 'status', `deployment/${name}`, '-n', SYSTEM, '--timeout=180s')
  }
  await waitFor('mailplatform', PLATFORM, SYSTEM)
}
