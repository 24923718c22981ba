import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { KINDS } from '@postrider/kubernetes/object/kinds'
import type { KubeObject } from '@postrider/kubernetes/object/object'
import { auditLog } from '../bench/operator-scale-audit.ts'
import type { AuditLog, Write } from '../bench/operator-scale-audit.ts'
import { apiServerMissing } from '../support/api-server.ts'
import { eventually } from '../support/eventually.ts'
import { helmMissing } from '../support/helm.ts'
import { conditionOf, OPERATOR_USER, startOperatorWorld, SYSTEM } from '../support/operator.ts'
import type { OperatorProcess, OperatorWorld, Resource } from '../support/operator.ts'

const skip = apiServerMissing({ controllerManager: true }) || helmMissing()
const SOON_MS = 30_000
const FIGHT_MS = 45_000
/** The rival writes ten times a second. A key runs ten times at once and then 20 times a minute (queue.ts). */
const MAX_RUNS = 10 + Math.ceil((FIGHT_MS / 60_000) * 20)
/** An object is put back five times, and then after 10 s, 20 s, 40 s (contest.ts). */
const MAX_CORRECTIONS = 5 + 3
/** What may be under way at the first and the last moment. */
const SLACK = 2

describe('another who forces his fields without end', { skip }, () => {
  let world: OperatorWorld & { operator: OperatorProcess }
  let audit: AuditLog

  before(async () => {
    audit = auditLog()
    world = await startOperatorWorld({ more: audit.arguments })
    await world.put('MailPlatform', SYSTEM, 'mail', {
      hostName: 'mail.platform.test',
      dns: { resolvers: ['127.0.0.1:9'] },
      verification: { sending: 'AtOnce' },
    })
    await world.put('Domain', SYSTEM, 'site', { domainName: 'site.test' })
    await world.put('SMTPCredential', SYSTEM, 'app', { address: 'app@site.test', domainRef: { name: 'site' } })
    await eventually(async () => {
      assert.equal(conditionOf(await world.get('SMTPCredential', SYSTEM, 'app'), 'Ready'), 'True Ready')
      assert.ok(await world.get('Deployment', SYSTEM, 'mail-ingress'))
    }, SOON_MS)
  })
  after(async () => {
    await world.stop()
    audit.remove()
  })

  const replicas = async () => (await world.get('Deployment', SYSTEM, 'mail-ingress'))?.spec?.['replicas']
  const runs = async (controller: string): Promise<number> => {
    const text = await (await fetch(`${world.operator.telemetry}/metrics`)).text()
    const line = new RegExp(`^postrider_operator_reconcile_seconds_count\\{controller="${controller}"\\} (\\d+)$`, 'm')
    return Number(line.exec(text)?.[1] ?? 0)
  }

  test('costs a bounded number of runs and writes, is named, and nobody else waits for it', async () => {
    const metadata = (name: string) => ({ name, namespace: SYSTEM })
    const condition = {
      type: 'Ready',
      status: 'False',
      reason: 'Rival',
      message: '',
      lastTransitionTime: '2030-01-01T00:00:00Z',
    }
    const rivals: (KubeObject & Record<string, unknown>)[] = [
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata: metadata('mail-ingress'), spec: { replicas: 7 } },
      { apiVersion: 'v1', kind: 'Secret', metadata: metadata('app-smtp'), data: { host: 'cml2YWw=' } },
      {
        apiVersion: KINDS.Domain.apiVersion,
        kind: 'Domain',
        metadata: metadata('site'),
        status: { conditions: [condition] },
      },
    ]
    const controllers = ['platform', 'credential', 'domain']
    const before = await Promise.all(controllers.map(runs))
    const begunAt = Date.now()
    const end = fight(world.server.kubeconfig, rivals)
    let writes: Write[]
    try {
      // Another tenant's change is seen to while it goes on.
      await world.put('Domain', SYSTEM, 'other', { domainName: 'other.test' })
      await eventually(async () => {
        assert.equal(conditionOf(await world.get('Domain', SYSTEM, 'other'), 'Ready'), 'True Ready')
      }, SOON_MS)
      await pause(begunAt + FIGHT_MS - Date.now())
      writes = audit.writes(OPERATOR_USER, begunAt)
      const fought = audit.writes('admin', begunAt).filter(({ status }) => status === 200)
      assert.ok(fought.length > 100, `the rival wrote only ${fought.length} times`)
      const ran = await Promise.all(controllers.map(runs))
      for (const [index, controller] of controllers.entries()) {
        // The platform's one key, app's or site's; the other Domain's runs are few.
        const more = (ran[index] ?? 0) - (before[index] ?? 0)
        assert.ok(more <= 2 * MAX_RUNS + SLACK, `${controller} ran ${more} times`)
      }
    } finally {
      await end()
    }
    const count = (resource: string, name: string): number =>
      writes.filter((write) => write.resource === resource && write.name === name).length
    const of = { deployment: count('deployments', 'mail-ingress'), secret: count('secrets', 'app-smtp') }
    for (const [what, corrections] of Object.entries(of)) {
      assert.ok(corrections >= 5, `the ${what} was put back only ${corrections} times`)
      assert.ok(corrections <= MAX_CORRECTIONS + SLACK, `the ${what} was put back ${corrections} times`)
    }
    const statuses = count('domains/status', 'site')
    assert.ok(statuses >= 2 && statuses <= MAX_RUNS + SLACK, `the status was written ${statuses} times`)
    await eventually(async () => {
      const events = await world.cluster.list<KubeObject & { reason?: string; note?: string }>(KINDS.Event, {
        namespace: SYSTEM,
      })
      const notes = events.flatMap(({ reason, note }) => (reason === 'DriftConflict' ? [note] : []))
      assert.ok(
        notes.some((note) => note?.includes('rival keeps changing spec.replicas of Deployment')),
        JSON.stringify(notes),
      )
    }, SOON_MS)
  })

  test('ends with everything as it should be, once he is gone', async () => {
    await eventually(async () => {
      assert.equal(await replicas(), 1)
      assert.equal((await world.secret(SYSTEM, 'app-smtp'))?.['host'], `mail-ingress.${SYSTEM}.svc`)
      const domain: Resource | undefined = await world.get('Domain', SYSTEM, 'site')
      assert.equal(conditionOf(domain, 'Ready'), 'True Ready')
    }, 120_000)
  })
})

/** Starts it; what it returns ends it. */
function fight(kubeconfig: string, objects: KubeObject[]): () => Promise<void> {
  const program = join(import.meta.dirname, 'fight-process.ts')
  const child = spawn(process.execPath, [program, JSON.stringify(objects)], {
    env: { ...process.env, KUBECONFIG: kubeconfig },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return async () => {
    child.kill('SIGTERM')
    await ended
  }
}
