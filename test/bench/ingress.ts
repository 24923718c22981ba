import type { TestPlatform } from '../support/platform.ts'
import { ProcessTree } from './process-tree.ts'

/** The one ingress process of a platform, seen from outside. */
export interface Ingress {
  pid: number
  /** CPU used so far, in user and kernel mode, all threads. Seconds. */
  cpuSeconds(): number
  /** Resident memory. MB (10^6 octets). */
  rssMb(): number
  /** The sum of a metric's series, or of those that have this label. */
  metric(name: string, label?: string): Promise<number>
}

export async function ingressOf(platform: TestPlatform): Promise<Ingress> {
  const { ingress: pid } = await platform.pids()
  if (pid === undefined) throw new Error('the ingress of postrider up was not found')
  const tree = new ProcessTree([pid])
  return {
    pid,
    cpuSeconds: () => tree.cpuSeconds(),
    rssMb: () => tree.rss() / 1e6,
    async metric(name, label = '') {
      const lines = (await platform.metrics('ingress')).split('\n')
      const series = lines.filter((line) => /^[{ ]/.test(line.slice(name.length)) && line.startsWith(name))
      return series
        .filter((line) => line.includes(label))
        .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
    },
  }
}
