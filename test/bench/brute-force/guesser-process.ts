import process from 'node:process'
import { openSmtp } from '../../support/raw-smtp.ts'
import type { RawSmtp } from '../../support/raw-smtp.ts'
import { authPlain } from '../submission.ts'
import { noCounts, outcomeOf } from './outcome.ts'

/** A share of the guessers, in a process of their own. Tells its parent the counts when all guesses are answered. */
export interface Share {
  port: number
  username: string
  addresses: string[]
  /** Guesses of each address. */
  guesses: number
  /** Connections of an address at a time. */
  connections: number
}

const share = JSON.parse(process.argv[2] ?? '{}') as Share
const counts = noCounts()

/** As many guesses in one connection as the server answers, and the next in another, until the address has none left. */
async function guess(localAddress: string, next: () => string | undefined): Promise<void> {
  let smtp: RawSmtp | undefined
  for (let password = next(); password !== undefined; password = next()) {
    try {
      if (smtp === undefined || smtp.closed) {
        smtp?.close()
        smtp = await openSmtp({ port: share.port, tls: true, localAddress })
        if (smtp.greeting.startsWith('220')) await smtp.command('EHLO guess.test')
      }
      if (smtp.closed) {
        counts.none++
        continue
      }
      const reply = await smtp.command(authPlain(share.username, password))
      counts[outcomeOf(reply)]++
      if (reply.startsWith('535')) continue
    } catch {
      counts.other++
    }
    // 421 is the end of a connection, and the server may take a moment to close it.
    smtp?.close()
    smtp = undefined
  }
  smtp?.close()
}

await Promise.all(
  share.addresses.flatMap((address) => {
    let made = 0
    // None twice: the same wrong password again is not a second guess.
    const next = (): string | undefined => (made < share.guesses ? `${address} ${made++}` : undefined)
    return Array.from({ length: share.connections }, () => guess(address, next))
  }),
)
process.send?.(counts, undefined, undefined, () => process.disconnect())
