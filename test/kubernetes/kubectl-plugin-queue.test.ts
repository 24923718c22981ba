import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { KINDS } from '@postrider/kubernetes/object/kinds'
import { refTo } from '@postrider/kubernetes/object/object'
import { apiServerMissing } from '../support/api-server.ts'
import { eventually } from '../support/eventually.ts'
import { helmMissing } from '../support/helm.ts'
import { SYSTEM } from '../support/operator.ts'
import { unboundMissing } from '../support/unbound.ts'
import { kubectlMissing } from './kubectl-plugin-person.ts'
import type { Said } from './kubectl-plugin-person.ts'
import { tellPodsReady } from './kubectl-plugin-pods.ts'
import { SOON_MS, startPluginWorld } from './kubectl-plugin-world.ts'
import type { PluginWorld } from './kubectl-plugin-world.ts'

const skip = apiServerMissing({ controllerManager: true }) || helmMissing() || unboundMissing() || kubectlMissing()

describe('kubectl postrider queue', { skip }, () => {
  let world: PluginWorld
  const as = (who: 'admin' | 'tenant', ...args: string[]): Promise<Said> => world.person.postrider(world[who], ...args)

  before(async () => {
    world = await startPluginWorld()
    await world.newTenant()
    await world.proveOwnership()
  })
  after(() => world.closeAll())

  test('the queue is listed, told, attempted now, and cancelled', async () => {
    const broker = ['--broker', world.broker.url]
    // The services have it a moment after the Domain's status says so.
    const id = await eventually(async () => {
      const answer = await world.submit('lee@queue.test')
      assert.match(answer, /queued as \w+/)
      return /queued as (\w+)/.exec(answer)?.[1] ?? ''
    }, SOON_MS)
    const list = async (): Promise<{ id: string; state: string; attempts: number }[]> => {
      const { out, err } = await as('admin', 'queue', 'ls', '--destination', 'queue.test', '--json', ...broker)
      assert.equal(err, '')
      return (JSON.parse(out) as { recipients: { id: string; state: string; attempts: number }[] }).recipients
    }
    const waiting = async (attempts: number): Promise<void> => {
      const [one, ...more] = await list()
      assert.deepEqual([one?.id, one?.state, one?.attempts, more.length], [id, 'deferred', attempts, 0])
    }
    await eventually(() => waiting(1), SOON_MS)
    const story = await as('admin', 'queue', 'show', id, ...broker)
    assert.match(story.out, /lee@queue\.test deferred .*: 452 4\.2\.2 mailbox full/)
    assert.match((await as('admin', 'queue', 'retry', id, ...broker)).out, /queue\.test +due now/)
    await eventually(() => waiting(2), SOON_MS)
    assert.equal((await as('admin', 'queue', 'cancel', '--destination', 'queue.test', ...broker)).code, 0)
    await eventually(async () => assert.deepEqual(await list(), []), SOON_MS)
    assert.equal((await as('admin', 'queue', 'show', 'nosuchid', ...broker)).code, 1)
    for (const args of [['show'], ['show', '*'], ['retry'], ['cancel'], ['ls', '--limit', '0'], ['lst'], []]) {
      const { code, out } = await as('admin', 'queue', ...args, ...broker)
      assert.deepEqual([code, out], [2, ''], args.join(' '))
    }
  })

  test('a broker that is not reached: how far the way went, and what to do', async () => {
    const refused = async (expected: RegExp, ...args: string[]): Promise<void> => {
      const { code, out, err } = await as('admin', 'queue', 'ls', ...args)
      assert.deepEqual([code, out], [2, ''], args.join(' '))
      assert.match(err, expected)
    }
    await refused(/no broker answers at nats:\/\/127\.0\.0\.1:1,/, '--broker', 'nats://127.0.0.1:1')
    await refused(/without a password/, '--broker', 'nats://me:secret@127.0.0.1:1')
    await refused(/no Secret shop\/postrider-broker-accounts; give the platform's namespace with -n/, '-n', 'shop')
    await refused(/no Secret postrider-system\/others/, '--broker-secret', 'others')
    // The chart's StatefulSet is left out here.
    await refused(/there is no broker pod in namespace postrider-system/)
    const labels = { 'app.kubernetes.io/name': 'postrider', 'app.kubernetes.io/component': 'broker' }
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'postrider-nats-0', namespace: SYSTEM, labels },
      spec: { containers: [{ name: 'nats', image: 'localhost/nats:test' }] },
    }
    await world.cluster.apply(pod, { fieldManager: 'test' })
    await refused(/no broker pod is ready: kubectl describe -n postrider-system pods/)
    await tellPodsReady(world, 'broker', true)
    // It is on no node, so that the API server has no way to it.
    await refused(/port-forward to pod postrider-system\/postrider-nats-0: .*\n {2}-> check the pod and its node/)
    await world.cluster.remove(refTo(KINDS.Pod, SYSTEM, 'postrider-nats-0'))
  })

  test('the log that does not answer, and a broker that is away, are distinguished', async () => {
    const broker = ['--broker', world.broker.url]
    await world.services.notifier.stop()
    const silent = await as('admin', 'queue', 'ls', ...broker)
    assert.equal(silent.code, 2)
    assert.match(silent.err, /the message log does not answer/)
    await world.broker.stop()
    assert.match((await as('admin', 'queue', 'ls', ...broker)).err, /no broker answers/)
    // The operator learns it with the next thing that it has to tell the services.
    await as('tenant', 'suspend', 'domain/site', '-n', 'shop')
    await eventually(async () => {
      const { code, out } = await as('admin', 'status', '-n', 'shop')
      assert.equal(code, 1)
      assert.match(out, /^MailPlatform postrider-system\/mail .* (Unreachable|NotPublished): /m)
    }, SOON_MS)
  })
})
