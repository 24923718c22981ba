/** How long a submission takes while 2,200 connections of attackers hang on the ingress: from the connect by TLS and AUTH to the 250 of 4 KB,
 * ten times a second, against the same in peace. Usage:
 *
 *     node test/bench/robustness/main.ts [--pairs 3] [--seconds 30] [--only "one address"]
 *
 * Ends with 1 when the p95 rises by half or more (median of the pairs), or a mail is not taken. Some 13 minutes. */
import { parseArgs } from 'node:util'
import { tooFewDescriptors } from '../descriptors.ts'
import { median } from '../table.ts'
import { failures, report, rises } from './report.ts'
import { runTrial } from './trial.ts'
import type { Trial } from './trial.ts'
import { VARIANTS } from './variant.ts'

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '30' },
    only: { type: 'string' },
  },
})
/** Percent. */
const MAX_RISE = 50
/** All attackers at the ingress, and what else it has open. */
const DESCRIPTORS = 4096

const missing = tooFewDescriptors(DESCRIPTORS)
if (missing !== false) {
  console.error(`the bench ${missing}`)
  process.exit(1)
}
const trials: Trial[] = []
for (const variant of VARIANTS.filter(({ name }) => values.only === undefined || values.only === name)) {
  trials.push(
    await runTrial(variant, {
      pairs: Number(values.pairs),
      seconds: Number(values.seconds),
      say: (line) => console.error(line),
    }),
  )
}
console.log(report(trials))
const broken = trials.flatMap((trial) => {
  const rise = median(rises(trial))
  const lost = failures(trial)
  return [
    ...(rise < MAX_RISE ? [] : [`${trial.variant.name}: the p95 rose by ${rise.toFixed(0)} %`]),
    ...(lost.length === 0 ? [] : [`${trial.variant.name}: ${lost.length} mails were not taken, first: ${lost[0]}`]),
  ]
})
for (const line of broken) console.error(`FAIL  ${line}`)
process.exit(broken.length === 0 && trials.length > 0 ? 0 : 1)
