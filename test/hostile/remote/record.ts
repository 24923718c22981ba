/** What a remote saw of one transaction: from MAIL to its end. */
export interface Transaction {
  /** Address of the remote. */
  host: string
  /** Number of the connection at this remote, from 1, and where it came from. */
  connection: number
  client: string
  secure: boolean
  /** Milliseconds since the epoch. */
  begunAt: number
  endedAt: number
  from: string
  /** All recipients that were named, and those that were answered with yes. */
  named: string[]
  accepted: string[]
  /** The final dot came, and the client was answered yes. */
  taken: boolean
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
  | { listen: { host: string; port: number; script: unknown } }
  | { rewrite: { host: string; script: unknown } }
