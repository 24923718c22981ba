import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { UsageError } from './usage-error.ts'

/** Makes this process the only one that runs on a state folder; returns how to give it up. Throws a UsageError. */
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

/** A process of that number may be somebody else's by now. */
function isPostrider(pid: number): boolean {
  return commandLine(pid)?.includes('cli/main') ?? false
}

/** Ends what an earlier run that was killed left behind: programs that still run on this state folder. */
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
