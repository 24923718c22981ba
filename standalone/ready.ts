import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { UsageError } from './usage-error.ts'
import type { ServiceProgram } from './programs.ts'
import type { Supervised } from './supervise.ts'

const READY_MS = 120_000

/** Waits until a service reports that it is ready. Rejects with a UsageError that has its last log line if it keeps ending, or after
 * READY_MS. */
export async function awaitReady(
  running: Supervised,
  { name, telemetryPort, logFile }: ServiceProgram,
  host: string,
): Promise<void> {
  const deadline = Date.now() + READY_MS
  for (;;) {
    const status = await fetch(`http://${host}:${telemetryPort}/readyz`).then(
      (response) => response.status,
      () => 0,
    )
    if (status === 200) return
    if (running.restarts >= 3 || Date.now() > deadline) {
      const line = readFileSync(logFile, 'utf8').trim().split('\n').at(-1) ?? ''
      throw new UsageError(`${name} did not become ready; its log (${logFile}) ends with:\n${line}`)
    }
    await pause(40)
  }
}
