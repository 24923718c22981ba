import { spawn } from 'node:child_process'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { eventually } from '../support/eventually.ts'
import { freePort } from '../support/ports.ts'
import { pageConfig } from './page.ts'
import { RULES } from './rules.ts'

/** A process to read, as the API server would tell of its pod. */
export interface Target {
  /** `host:port` of its telemetry. */
  address: string
  namespace: string
  pod: string
  component: string
}

export interface Sample {
  labels: Record<string, string>
  value: number
}

export interface Prometheus {
  /** What a query gives now; throws with Prometheus' words when it is none. */
  query(promql: string): Promise<Sample[]>
  /** The processes it reads, and why it can't; '' when it can. */
  targets(): Promise<{ pod: string; trouble: string }[]>
  /** The rules that can't be evaluated, with the reason. */
  badRules(): Promise<string[]>
  /** From now on these. It may take some seconds. */
  follow(targets: Target[]): void
  stop(): Promise<void>
}

/** A real Prometheus with the configuration of docs/kubernetes/monitoring.md and the chart's rules, that reads each second.
 * For `skip`: needs('prometheus', 'prometheus'). */
export async function startPrometheus(targets: Target[]): Promise<Prometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'postrider-prometheus-'))
  const [configFile, targetsFile] = [join(folder, 'prometheus.yaml'), join(folder, 'targets.json')]
  const follow = (now: Target[]): void => {
    // Prometheus watches the file and must never see half of it.
    writeFileSync(`${targetsFile}.new`, JSON.stringify(now.map(discovered)))
    renameSync(`${targetsFile}.new`, targetsFile)
  }
  follow(targets)
  const config = pageConfig(targetsFile, RULES)
  for (const scrape of config.scrape_configs) scrape.scrape_interval = '1s'
  writeFileSync(configFile, stringify({ ...config, global: { scrape_timeout: '1s', evaluation_interval: '1s' } }))

  const address = `127.0.0.1:${await freePort()}`
  const storage = `--storage.tsdb.path=${join(folder, 'data')}`
  const child = spawn('prometheus', [`--config.file=${configFile}`, storage, `--web.listen-address=${address}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let words = ''
  child.stderr.on('data', (chunk: Buffer) => (words += chunk.toString()))
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
  const ask = async <T>(path: string): Promise<T> => {
    const answer = await fetch(`http://${address}/api/v1/${path}`)
    const { data, error } = (await answer.json()) as { data: T; error?: string }
    if (error !== undefined) throw new Error(`${decodeURIComponent(path)}: ${error}`)
    return data
  }
  try {
    await eventually(async () => {
      if (child.exitCode !== null) throw new Error(`prometheus ended:\n${words}`)
      if (!(await fetch(`http://${address}/-/ready`)).ok) throw new Error(`prometheus is not ready:\n${words}`)
    }, 60_000)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    async query(promql) {
      type Vector = { metric: Record<string, string>; value: [number, string] }[]
      const { result } = await ask<{ result: Vector }>(`query?query=${encodeURIComponent(promql)}`)
      return result.map(({ metric, value: [, value] }) => ({ labels: metric, value: Number(value) }))
    },
    async targets() {
      interface Active {
        activeTargets: { labels: Record<string, string>; health: string; lastError: string }[]
      }
      const { activeTargets } = await ask<Active>('targets')
      return activeTargets.map(({ labels, health, lastError }) => ({
        pod: labels['pod'] ?? '',
        trouble: health === 'up' ? '' : lastError || 'not read yet',
      }))
    },
    async badRules() {
      interface Groups {
        groups: { rules: { name: string; health: string; lastError?: string }[] }[]
      }
      const rules = (await ask<Groups>('rules')).groups.flatMap((group) => group.rules)
      return rules.flatMap(({ name, health, lastError }) =>
        health === 'ok' ? [] : [`${name}: ${lastError ?? health}`],
      )
    },
    follow,
    stop,
  }
}

/** As `kubernetes_sd_configs` with the role `pod` finds it. */
const discovered = ({ address, namespace, pod, component }: Target) => ({
  targets: [address],
  labels: {
    __meta_kubernetes_namespace: namespace,
    __meta_kubernetes_pod_name: pod,
    __meta_kubernetes_pod_container_port_name: 'telemetry',
    __meta_kubernetes_pod_label_app_kubernetes_io_name: 'postrider',
    __meta_kubernetes_pod_label_app_kubernetes_io_component: component,
  },
})
