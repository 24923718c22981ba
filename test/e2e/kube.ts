import { execFile, spawn } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { openCluster } from '@postrider/kubernetes/transport/client'
import { stringify } from 'yaml'
import { findBuilt } from '../support/needs.ts'

/** The cluster as a person has it: kubectl, and the API server's way to a pod. */
export const ROOT = join(import.meta.dirname, '..', '..')
const program = (name: string): string => findBuilt(name) ?? name
const run = promisify(execFile)
const big = { maxBuffer: 1 << 28 }

export async function kubectl(...args: string[]): Promise<string> {
  return (await run(program('kubectl'), args, big)).stdout
}

export async function helm(...args: string[]): Promise<string> {
  return (await run(program('helm'), args, big)).stdout
}

/** `kubectl apply` of objects, or of a file's text. */
export async function apply(manifest: object[] | string): Promise<void> {
  const text = typeof manifest === 'string' ? manifest : manifest.map((object) => stringify(object)).join('---\n')
  const child = spawn(program('kubectl'), ['apply', '-f', '-'], { stdio: ['pipe', 'pipe', 'pipe'] })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  child.stdin.end(text)
  const code = await new Promise((resolve) => child.once('close', resolve))
  if (code !== 0) throw new Error(`kubectl apply: ${said}`)
}

export async function get<T>(...args: string[]): Promise<T> {
  return JSON.parse(await kubectl('get', ...args, '-o', 'json')) as T
}

export interface Pod {
  metadata: { name: string; namespace: string; labels?: Record<string, string>; deletionTimestamp?: string }
  status: {
    phase: string
    podIP?: string
    conditions?: { type: string; status: string }[]
    containerStatuses?: { containerID?: string; restartCount: number }[]
  }
}

/** SIGKILL to a pod's container, on the node that the test has. */
export async function kill(state: string, namespace: string, pod: string): Promise<void> {
  const { status } = await get<Pod>('pod', pod, '-n', namespace)
  const id = status.containerStatuses?.[0]?.containerID?.replace('containerd://', '')
  if (id === undefined) throw new Error(`${pod} has no container`)
  const socket = join(state, 'containerd', 'containerd.sock')
  await run('ctr', ['-a', socket, '-n', 'k8s.io', 'task', 'kill', '-s', 'SIGKILL', id])
}

const ready = ({ metadata, status }: Pod): boolean =>
  metadata.deletionTimestamp === undefined &&
  status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true

/** Pods that serve now. */
export async function readyPods(namespace: string, selector: string): Promise<Pod[]> {
  return (await get<{ items: Pod[] }>('pods', '-n', namespace, '-l', selector)).items.filter(ready)
}

const cluster = openCluster()

/** Asks a pod's own HTTP port 8080 through the API server. */
export async function ask<T>(
  namespace: string,
  service: string,
  method: string,
  path: string,
  body?: object,
): Promise<T> {
  const way = `/api/v1/namespaces/${namespace}/services/${service}:8080/proxy${path}`
  return cluster.request<T>(method, way, { ...(body === undefined ? {} : { body }), timeoutMs: 120_000 })
}
