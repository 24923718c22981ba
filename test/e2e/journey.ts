import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { TestContext } from 'node:test'
import type { Images } from './platform.ts'
import type { Remote } from './remote.ts'
import type { Watching } from './watching.ts'

/** What the steps share. */
export interface Journey {
  images: Images & { image: string }
  /** Set by the first step. */
  remote: Remote
  /** Where the pods can be reached from here, and prometheus is installed. */
  watching: Watching | undefined
  /** Folder of the cluster that the test brought up; undefined on a cluster of somebody's. */
  state: string | undefined
}

export type Run = (journey: Journey, log: (line: string) => void) => Promise<void>

/** What `step` makes tests of; after a failed one that the rest needs, no other is tried. */
export function steps(journey: Journey): (name: string, run: Run, needed?: 'needed') => void {
  let broken = ''
  return (name, run, needed) => {
    void it(name, async (t: TestContext) => {
      assert.equal(broken, '', 'an earlier step failed')
      const startedAt = Date.now()
      const log = (line: string): void => {
        t.diagnostic(line)
        console.log(`  ${name}: ${line}`)
      }
      try {
        await run(journey, log)
      } catch (error) {
        if (needed !== undefined) broken = name
        console.log(`  ${name}: FAILED: ${error instanceof Error ? error.message : String(error)}`)
        throw error
      } finally {
        console.log(`${name}: ${((Date.now() - startedAt) / 1000).toFixed(1)} s`)
      }
    })
  }
}

/** Seconds that `act` takes. */
export async function timed(act: () => Promise<unknown>): Promise<number> {
  const startedAt = Date.now()
  await act()
  return (Date.now() - startedAt) / 1000
}
