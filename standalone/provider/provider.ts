import { watch } from 'node:fs'
import type { FSWatcher } from 'node:fs'
import { plan } from '@postrider/plan/plan'
import type { Plan } from '@postrider/plan/plan'
import type { Problem } from '@postrider/resources/read'
import { readManifests } from './manifests.ts'
import type { StateFolder } from './state.ts'

/** The manifests of the folder are not valid; `problems` lists everything that is wrong. */
export class BadManifestsError extends Error {
  override readonly name = 'BadManifestsError'
  readonly problems: Problem[]
  constructor(problems: Problem[]) {
    super(`${problems.length} ${problems.length === 1 ? 'problem' : 'problems'} in the manifests`)
    this.problems = problems
  }
}

export interface FileProvider {
  close(): void
}

export interface FileProviderOptions {
  folder: string
  state: StateFolder
  /** Called with the plan of a valid change, never while a previous call runs. A rejection is reported to `onProblems`. */
  onPlan: (plan: Plan) => Promise<void>
  /** Called for a change that is not valid; the last valid plan stays in force. */
  onProblems: (problems: Problem[]) => void
}

/** Differs when something has changed that a plan is made from and that people edit: the manifests and the DKIM keys. */
const fingerprintOf = (manifests: string, state: StateFolder): string => `${manifests}\n${state.keysFingerprint()}`

/** Reads and plans the folder, and creates the keys and credentials that the plan needs. Rejects with BadManifestsError. */
export async function planFolder(folder: string, state: StateFolder): Promise<{ plan: Plan; fingerprint: string }> {
  const { resources, problems, fingerprint } = await readManifests(folder)
  if (problems.length > 0) throw new BadManifestsError(problems)
  for (;;) {
    const result = plan(resources, state.observe())
    if ('problems' in result) throw new BadManifestsError(result.problems)
    if (result.plan.wanted.length === 0) return { plan: result.plan, fingerprint: fingerprintOf(fingerprint, state) }
    const { deployment, wanted } = result.plan
    for (const thing of wanted) await state.make(thing, deployment.api.settings.submission.host, deployment)
  }
}

/** Interval at which the folder is read in any case, because not every file system reports changes. Milliseconds. */
const POLL_MS = 1000
/** Delay after a reported change, because editors write a file in several steps. Milliseconds. */
const SETTLE_MS = 100

/** Follows the changes of the folder. `fingerprint` is that of the state which is already applied. */
export function followFolder(
  { folder, state, onPlan, onProblems }: FileProviderOptions,
  fingerprint: string,
): FileProvider {
  let seen = fingerprint
  let busy = false
  let again: NodeJS.Timeout | undefined

  async function check(): Promise<void> {
    if (busy) return
    busy = true
    try {
      const now = fingerprintOf((await readManifests(folder)).fingerprint, state)
      if (now === seen) return
      // Recorded before the change is planned: an invalid change is reported once, not at every check.
      seen = now
      const { plan: next, fingerprint: planned } = await planFolder(folder, state)
      // Planning may have created keys.
      seen = planned
      await onPlan(next)
      const bad = state.badKeys()
      if (bad.length > 0) onProblems(bad.map((problem) => ({ origin: folder, resource: '', path: '', problem })))
    } catch (error) {
      if (error instanceof BadManifestsError) onProblems(error.problems)
      else
        onProblems([
          { origin: folder, resource: '', path: '', problem: error instanceof Error ? error.message : String(error) },
        ])
    } finally {
      busy = false
    }
  }

  const poll = setInterval(() => void check(), POLL_MS)
  let watcher: FSWatcher | undefined
  try {
    watcher = watch(folder, () => {
      clearTimeout(again)
      again = setTimeout(() => void check(), SETTLE_MS)
    })
    watcher.on('error', () => watcher?.close())
  } catch {
    // Without a watcher, polling alone finds changes.
  }
  return {
    close() {
      clearInterval(poll)
      clearTimeout(again)
      watcher?.close()
    },
  }
}
