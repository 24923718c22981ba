import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { V1Deployment, V1EnvVar, V1Pod } from '@kubernetes/client-node'
import { KINDS } from '@postrider/kubernetes/object/kinds'
import { pathOf, refTo } from '@postrider/kubernetes/object/object'
import type { Wire } from '@postrider/kubernetes/object/object'
import { eventually } from '../support/eventually.ts'
import { SYSTEM } from '../support/operator.ts'
import type { OperatorWorld } from '../support/operator.ts'
import { freePort } from '../support/ports.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const START_MS = 60_000

export interface RunningPod {
  /** SIGTERM and its end. */
  stop(): Promise<void>
}

/** Runs the container of a Deployment that the operator made as a process here, there being no node: with its command, its
 * environment and its Secrets as files; resolves when it is ready. */
export async function runDeployment(world: OperatorWorld, name: string): Promise<RunningPod> {
  const found = await world.cluster.get<Wire<V1Deployment>>(refTo(KINDS.Deployment, SYSTEM, name))
  const spec = found?.spec?.template.spec
  const [container] = spec?.containers ?? []
  assert.ok(spec !== undefined && container !== undefined, `there is no Deployment ${name}`)
  const folder = mkdtempSync(join(tmpdir(), `postrider-${name}-`))
  const mounts = container.volumeMounts ?? []
  for (const { name: volume, mountPath } of mounts) {
    mkdirSync(join(folder, mountPath), { recursive: true })
    const secretName = spec.volumes?.find((one) => one.name === volume)?.secret?.secretName
    if (secretName === undefined) continue
    for (const [file, text] of Object.entries((await world.secret(SYSTEM, secretName)) ?? {}))
      writeFileSync(join(folder, mountPath, file), text)
  }
  const moved = (value: string): string =>
    mounts.some(({ mountPath }) => value.startsWith(`${mountPath}/`)) ? join(folder, value) : value
  const valueOf = async ({ value, valueFrom }: Wire<V1EnvVar>): Promise<string> => {
    const { name: secretName = '', key = '' } = valueFrom?.secretKeyRef ?? {}
    return moved(value ?? (await world.secret(SYSTEM, secretName))?.[key] ?? '')
  }
  const given = await Promise.all((container.env ?? []).map(async (one) => [one.name, await valueOf(one)]))
  const port = await freePort()
  const telemetry = { POSTRIDER_TELEMETRY_HOST: '127.0.0.1', POSTRIDER_TELEMETRY_PORT: String(port) }
  const [, ...args] = container.command ?? []
  const env = { ...process.env, ...(Object.fromEntries(given) as Record<string, string>), ...telemetry }
  const child = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const stop = async (): Promise<void> => {
    if (child.exitCode === null) child.kill('SIGTERM')
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await eventually(async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined)
      assert.equal(answer?.status, 200, output)
    }, START_MS)
  } catch (error) {
    await stop()
    throw error
  }
  return { stop }
}

/** Says of all pods with a label whether they are ready, which is a kubelet's to say and there is none. */
export async function tellPodsReady(world: OperatorWorld, component: string, ready: boolean): Promise<void> {
  const pods = await eventually(async () => {
    const all = await world.cluster.list<Wire<V1Pod>>(KINDS.Pod, { namespace: SYSTEM })
    const found = all.filter(({ metadata }) => metadata?.labels?.['app.kubernetes.io/component'] === component)
    assert.notEqual(found.length, 0, `no pod of ${component}`)
    return found
  })
  const status = { phase: 'Running', conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] }
  for (const { metadata } of pods)
    await world.cluster.request('PATCH', `${pathOf(KINDS.Pod, SYSTEM, metadata?.name ?? '')}/status`, {
      contentType: 'application/strategic-merge-patch+json',
      body: { status },
    })
}
