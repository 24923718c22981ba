import assert from 'node:assert/strict'
import { eventually } from '../../support/eventually.ts'
import type { Run } from '../journey.ts'
import { get, kubectl, kill, readyPods } from '../kube.ts'
import { ABRUPT, assertWhole, GRACEFUL, underLoad } from '../load.ts'
import type { Allowed } from '../load.ts'
import { patchPlatform, PLATFORM, SYSTEM, waitFor } from '../platform.ts'
import type { Resource } from '../platform.ts'

/** What happens to pods in a year, under load. */

const whole =
  (disturb: (log: (line: string) => void) => Promise<void>, allowed: Allowed = GRACEFUL): Run =>
  async ({ remote }, log) =>
    assertWhole(await underLoad(remote, () => disturb(log)), allowed, log)

export const rollingUpdate = whole(async () => {
  for (const name of ['mail-ingress', 'mail-delivery', 'mail-notifier', 'postrider-operator']) {
    await kubectl('rollout', 'restart', `deployment/${name}`, '-n', SYSTEM)
    await kubectl('rollout', 'status', `deployment/${name}`, '-n', SYSTEM, '--timeout=180s')
  }
})

export const scaling: Run = async (journey, log) => {
  await scale(1)
  await whole(async () => {
    await scale(3)
    await scale(1)
  })(journey, log)
  await scale(2)
}

export const deletedPods = whole(() =>
  oneOfEach(async (pod) => {
    await kubectl('delete', 'pod', pod, '-n', SYSTEM, '--wait=false')
  }),
)

/** With SIGKILL where we have the node, and no time for a last word anywhere. */
export const killedPods: Run = (journey, log) =>
  whole(
    () =>
      oneOfEach(async (name) => {
        if (journey.state !== undefined) await kill(journey.state, SYSTEM, name)
        else await kubectl('delete', 'pod', name, '-n', SYSTEM, '--force', '--grace-period=0')
      }),
    ABRUPT,
  )(journey, log)

export const brokerRestart = whole(async () => {
  await kubectl('delete', 'pod', 'postrider-nats-0', '-n', SYSTEM)
  await kubectl('wait', '--for=condition=Ready', 'pod/postrider-nats-0', '-n', SYSTEM, '--timeout=120s')
  await waitFor('mailplatform', PLATFORM, SYSTEM)
}, ABRUPT)

async function scale(count: number): Promise<void> {
  await patchPlatform({ ingress: { replicas: count } })
  await kubectl('scale', `mailplatform/${PLATFORM}`, `--replicas=${count}`, '-n', SYSTEM)
  await eventually(async () => {
    for (const component of ['ingress', 'delivery']) {
      const pods = await readyPods(SYSTEM, `app.kubernetes.io/component=${component}`)
      assert.equal(pods.length, count, component)
    }
    const { status } = await get<Resource>('mailplatform', PLATFORM, '-n', SYSTEM)
    assert.equal(status?.conditions?.find(({ type }) => type === 'Ready')?.status, 'True')
  }, 120_000)
}

/** One pod of each component in turn, and the next when all is well again. */
async function oneOfEach(end: (pod: string) => Promise<void>): Promise<void> {
  for (const component of ['ingress', 'delivery', 'notifier', 'operator', 'ingress', 'delivery']) {
    const selector = `app.kubernetes.io/component=${component}`
    const pods = await readyPods(SYSTEM, selector)
    const one = pods[Math.floor(Math.random() * pods.length)]
    assert.ok(one !== undefined, `no pod of ${component}`)
    const restarts = one.status.containerStatuses?.[0]?.restartCount
    await end(one.metadata.name)
    await eventually(async () => {
      const now = await readyPods(SYSTEM, selector)
      assert.equal(now.length, pods.length)
      const same = now.find(({ metadata }) => metadata.name === one.metadata.name)
      assert.ok(
        same === undefined || same.status.containerStatuses?.[0]?.restartCount !== restarts,
        `${one.metadata.name} has not ended`,
      )
    }, 120_000)
  }
}
