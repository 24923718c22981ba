import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import type { LoadReport } from './pods/load.ts'
import { client } from './platform.ts'
import type { Remote } from './remote.ts'
import { poll } from '../support/eventually.ts'

const RATE = 60
const SESSIONS = 8
/** With fewer nothing is shown. */
const MIN_ACCEPTED = 500

export interface Verdict {
  accepted: number
  /** Messages a second that the client tried to submit. */
  offered: number
  lost: string[]
  duplicates: string[]
  failed: number
  errors: Record<string, number>
}

export const loadReport = (): Promise<LoadReport> => client<LoadReport>('GET', '/load')

/** Sends through the Service while something is done to the platform, then compares what had a 250 with what the remote took. */
export async function underLoad(remote: Remote, disturb: () => Promise<void>): Promise<Verdict> {
  await client('POST', '/load', { secret: 'app-smtp', rate: RATE, sessions: SESSIONS })
  await pause(3000)
  let failed: unknown
  try {
    await disturb()
  } catch (error) {
    failed = error
  }
  await pause(3000)
  const report = await client<LoadReport>('DELETE', '/load')
  if (failed !== undefined) throw failed as Error
  const counted = await allTaken(remote, report)
  return {
    accepted: report.accepted.length,
    offered: (report.accepted.length + report.failed) / report.seconds,
    lost: report.accepted.filter((id) => !counted.has(id)),
    duplicates: report.accepted.filter((id) => (counted.get(id) ?? 0) > 1),
    failed: report.failed,
    errors: report.errors,
  }
}

/** What the remote took, by id, once all of it is there or nothing more comes. */
async function allTaken(remote: Remote, { accepted }: LoadReport): Promise<Map<string, number>> {
  const areThere = (counts: Map<string, number>): boolean => accepted.every((id) => counts.has(id))
  await poll(() => remote.counts(), areThere, { withinMs: 120_000, everyMs: 1000 })
  // A duplicate may come after all are there.
  await pause(5000)
  return remote.counts()
}

export interface Allowed {
  /** - nothing: each message is taken
   * - temporarily: what is refused has a 4yz or a lost connection, which clients try again
   * - anything: it does not matter */
  refused: 'nothing' | 'temporarily' | 'anything'
  duplicates: boolean
}

/** Nothing is lost, there was load enough, most of it was taken, and no more was refused or came twice than is allowed. */
export function assertWhole(
  verdict: Verdict,
  { refused, duplicates: twice }: Allowed,
  log: (line: string) => void,
): void {
  const { accepted, offered, lost, duplicates, failed, errors } = verdict
  log(
    `${accepted} accepted (${offered.toFixed(0)} offered a second), ${lost.length} lost, ${duplicates.length} twice, ${failed} not taken ${JSON.stringify(errors)}`,
  )
  assert.ok(accepted > failed, 'most was not taken')
  if (refused === 'nothing') assert.equal(failed, 0, 'not taken')
  if (refused === 'temporarily') assert.deepEqual(Object.keys(errors).filter(isPermanent), [], 'refused for good')
  // How fast it goes is for the machine to say.
  assert.ok(accepted >= MIN_ACCEPTED, `only ${accepted} messages were taken`)
  assert.deepEqual(lost, [], 'lost')
  if (!twice) assert.deepEqual(duplicates, [], 'came twice')
}

const isPermanent = (error: string): boolean => /\b5\d\d[ -]/.test(error)

/** Pods leave one after the other. */
export const GRACEFUL: Allowed = { refused: 'nothing', duplicates: false }
/** Something ends without a word. */
export const ABRUPT: Allowed = { refused: 'anything', duplicates: true }
/** The one server of the broker restarts, in its own time. */
export const WITHOUT_BROKER: Allowed = { refused: 'temporarily', duplicates: false }
