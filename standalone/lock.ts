import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { UsageError } from './usage-error.ts'

/** Locks a state folder for this process; resolves with the function that unlocks it. Rejects with a UsageError if another process has the
 * lock. */
export async function lockState(file: string): Promise<() => void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const holder = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0
  if (holder > 0 && holder !== process.pid && isPostrider(holder)) {
    throw new UsageError(
      `another postrider (process ${holder}) is using this state folder; stop it, or choose another --state`,
    )
  }
  writeFileSync(file, String(process.pid))
  return () => rmSync(file, { force: true })
}

/** False if the process id has been reused by another program. */
function isPostrider(pid: number): boolean {
  return commandLine(pid)?.includes('cli/main') ?? false
}

/** Ends programs that a killed run left behind on this state folder. `file` lists their process ids, each with a mark that its command line
 * contains. */
export async function endLeftovers(file: string): Promise<void> {
  const left = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { pid: number; mark: string }[]) : []
  for (const { pid, mark } of left) {
    if (!(commandLine(pid)?.includes(mark) ?? false)) continue
    process.kill(pid, 'SIGTERM')
    const deadline = Date.now() + 10_000
    while (commandLine(pid)?.includes(mark) ?? false) {
      if (Date.now() > deadline) process.kill(pid, 'SIGKILL')
      await pause(50)
    }
  }
  rmSync(file, { force: true })
}

function commandLine(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return undefined
  }
}
