import process from 'node:process'
import { submitSteadily } from '../submission.ts'
import type { Login } from '../submission.ts'

/** A client that large mails of others do not keep busy itself: in a process of its own. Tells its parent its submissions. */
export interface ClientSettings {
  login: Login
  /** Mails. */
  perSecond: number
  ms: number
}

const { login, perSecond, ms } = JSON.parse(process.argv[2] ?? '{}') as ClientSettings
const submissions = await submitSteadily(() => login, perSecond, AbortSignal.timeout(ms))
process.send?.(submissions, undefined, undefined, () => process.disconnect())
