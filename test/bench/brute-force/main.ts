/** 10,000 wrong passwords for one account from 100 addresses, as fast as they are answered, while the account's owner submits five
 * mails a second. Usage:
 *
 *     node test/bench/brute-force/main.ts [--guesses 10000] [--addresses 100]
 *
 * Ends with 1 when a guess gets in, the owner is refused, or a blocked address can tell that its password is right. */
import { parseArgs } from 'node:util'
import { tooFewDescriptors } from '../descriptors.ts'
import { broken, report } from './report.ts'
import { runTrial } from './trial.ts'
import type { Trial } from './trial.ts'

const { values } = parseArgs({
  options: {
    guesses: { type: 'string', default: '10000' },
    addresses: { type: 'string', default: '100' },
  },
})
const missing = tooFewDescriptors(2048)
if (missing !== false) {
  console.error(`the bench ${missing}`)
  process.exit(1)
}
const trials: Trial[] = []
for (const familiar of [true, false]) {
  trials.push(await runTrial({ familiar, guesses: Number(values.guesses), addresses: Number(values.addresses) }))
}
console.log(report(trials))
const failures = trials.flatMap(broken)
for (const line of failures) console.error(`FAIL  ${line}`)
process.exit(failures.length === 0 ? 0 : 1)
