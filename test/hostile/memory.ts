import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import type { TestPlatform } from '../support/platform.ts'
import { now } from './clock.ts'

const SAMPLE_MS = 250
const KB_A_MB = 1024

/** Resident memory of the delivery process, sampled. */
export interface Memory {
  /** The most in a span. MB. */
  max(from: number, to: number): number
  /** The most ever, as the kernel counted it. MB. */
  peak(): number
  /** The process is another one now. */
  restarted(): Promise<void>
  stop(): Promise<void>
}

export async function watchMemory(platform: TestPlatform): Promise<Memory> {
  const samples: { at: number; mb: number }[] = []
  const ending = new AbortController()
  let pid = await deliveryPid(platform)
  let peak = 0
  const watching = (async () => {
    while (!ending.signal.aborted) {
      const { rss, hwm } = memoryOf(pid)
      if (rss > 0) samples.push({ at: now(), mb: rss })
      peak = Math.max(peak, hwm)
      await pause(SAMPLE_MS)
    }
  })()
  return {
    max: (from, to) => samples.reduce((max, { at, mb }) => (at >= from && at <= to ? Math.max(max, mb) : max), 0),
    peak: () => peak,
    restarted: async () => void (pid = await deliveryPid(platform)),
    async stop() {
      ending.abort()
      await watching
    },
  }
}

export async function deliveryPid(platform: TestPlatform): Promise<number> {
  return (await platform.pids())['delivery'] ?? 0
}

function memoryOf(pid: number): { rss: number; hwm: number } {
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'utf8')
    const field = (name: string): number =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) / KB_A_MB
    return { rss: field('VmRSS'), hwm: field('VmHWM') }
  } catch {
    // It has ended.
    return { rss: 0, hwm: 0 }
  }
}
