import type { ScriptTable } from '../../support/receiver/script.ts'
import type { Transaction as SeenTransaction } from '../../support/receiver/transaction.ts'

/** What a remote saw of one transaction. */
export interface Transaction extends Omit<SeenTransaction, 'content' | 'to'> {
  /** Address of the remote. */
  host: string
  /** Recipients that were answered with yes. */
  accepted: string[]
  /** Of the message, if there was one: its Subject field. */
  subject: string
  /** Of a notice: its text. */
  notice?: string
}

/** A connection that has ended. */
export interface Ended {
  host: string
  /** Octets that the remote could get rid of. */
  written: number
  /** Seconds that it was open. */
  seconds: number
}

/** What the remotes' process reports, some 20 ms late. */
export interface Report {
  connected: string[]
  ended: Ended[]
  transactions: Transaction[]
}

/** What it is sent. `rewrite` also ends the connections that are open. */
export type Order =
  | { certificate: { cert: string; key: string } }
  | { listen: { host: string; port: number; script: ScriptTable } }
  | { rewrite: { host: string; script: ScriptTable } }
