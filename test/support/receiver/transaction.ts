/** What a receiver saw of one transaction: from MAIL to its end. Times are in milliseconds since the epoch; in texts, each
 * character is an octet. */
export interface Transaction {
  /** Number of the connection at this server, from 1, and where it came from. */
  connection: number
  client: string
  clientPort: number
  secure: boolean
  begunAt: number
  endedAt: number
  from: string
  /** All recipients that were named, and those that were answered with yes. */
  named: string[]
  to: string[]
  /** As the client meant it, doubled dots undone. */
  content: string
  /** The final dot came, and the client was answered yes. */
  taken: boolean
}
