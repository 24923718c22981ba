import type { Standing } from './reputation.ts'

/** Where the notifier is asked, by broker request; the answers are JSON. */
export const STANDING_LIST = 'log.standing.list'
/** `{account}`; answers `{restored, problem?}`. */
export const STANDING_RESTORE = 'log.standing.restore'

export type StandingAnswer = { account: string; standing: Standing }[]
export interface RestoreAnswer {
  restored: boolean
  problem?: string
}
