import { watch } from 'node:fs'
import type { FSWatcher } from 'node:fs'
import { plan } from '@postrider/plan/plan'
import type { Plan } from '@postrider/plan/plan'
import type { Problem } from '@postrider/resources/read'
import { readManifests } from './manifests.ts'
import type { StateFolder } from './state.ts'

/** The folder can't be used as it is; `problems` says all that is wrong. */
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
  /** A good change. Called one at a time; a rejection is a problem of whoever applies it. */
  onPlan: (plan: Plan) => Promise<void>
  /** A bad change; the last good plan stays. */
  onProblems: (problems: Problem[]) => void
}

/** Of everything that a plan is made of, and that a person changes: the manifests and the DKIM keys. */
const fingerprintOf = (manifests: string, state: StateFolder): string => `${manifests}\n${state.keysFingerprint()}`

/** Reads the folder and plans; makes what the plan wants. Throws BadManifestsError. */
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

/** Not every file system tells of changes, so the folder is read this often in any case. */
const POLL_MS = 1000
/** Editors write a file in several steps. */
const SETTLE_MS = 100

/** Follows the folder from the given state of it on. */
export function followFolder(
  { folder, state, onPlan, onProblems }: FileProviderOptions,
  fingerprint: string,
): FileProvider {
  let seen = fingerprint
  let busy = false
  let again: NodeJS.Timeout | undefined

  async function look(): Promise<void> {
    if (busy) return
    busy = true
    try {
      const now = fingerprintOf((await readManifests(folder)).fingerprint, state)
      if (now === seen) return
      // Noted before it is judged: a bad change is reported once, not at every look.
      seen = now
      const { plan: good, fingerprint: planned } = await planFolder(folder, state)
      // Planning may have made keys.
      seen = planned
      await onPlan(good)
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

  const poll = setInterval(() => void look(), POLL_MS)
  let watcher: FSWatcher | undefined
  try {
    watcher = watch(folder, () => {
      clearTimeout(again)
      again = setTimeout(() => void look(), SETTLE_MS)
    })
    watcher.on('error', () => watcher?.close())
  } catch {
    // The poll serves alone.
  }
  return {
    close() {
      clearInterval(poll)
      clearTimeout(again)
      watcher?.close()
    },
  }
}
