/** What real scanners say about mails, how much longer these take, what happens when a scanner is down or hangs, and what another
 * client notices. Usage:
 *
 *     node test/bench/scanning/main.ts [--rounds 5]
 *
 * clamd has one signature and rspamd one rule here (test/support), so that the figures are of the way to them and back, and of clamd
 * unpacking. Ends with 1 when a reply, a wait or a recovery is not as promised. Some 8 minutes. */
import { parseArgs } from 'node:util'
import { clamdMissing } from '../../support/clamd.ts'
import { rspamdMissing } from '../../support/rspamd.ts'
import { markdown } from '../markdown.ts'
import { bystander } from './bystander.ts'
import { down, hanging } from './faults.ts'
import { addedLatency } from './latency.ts'
import type { Row } from './row.ts'
import { startWorld } from './world.ts'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } })
const missing = [clamdMissing(), rspamdMissing()].filter((reason) => reason !== false)
if (missing.length > 0) {
  for (const reason of missing) console.error(`the bench ${reason}`)
  process.exit(1)
}

const world = await startWorld()
const rows: Row[] = []
try {
  rows.push(...(await addedLatency(world, Number(values.rounds))))
  for (const scanner of ['clamd', 'rspamd'] as const) {
    for (const mode of ['TempFail', 'Open'] as const) {
      console.error(`${scanner} away, ${mode}`)
      rows.push(...(await down({ world, scanner, mode })))
      rows.push(...(await hanging({ world, scanner, mode })))
    }
  }
  rows.push(...(await bystander(world, 3)))
} finally {
  await world.stop()
}

const figure = (value: number | undefined): string => (value === undefined ? '' : value.toFixed(value < 100 ? 1 : 0))
console.log(
  markdown([
    ['mail, or state', 'reply with scanners', 'without, ms', 'with, ms', 'added, ms'],
    ...rows.map((row) => [
      row.what,
      row.reply,
      figure(row.without),
      figure(row.with),
      figure(row.without === undefined ? undefined : row.with - row.without),
    ]),
  ]),
)
const broken = rows.flatMap(({ broken }) => broken ?? [])
for (const line of broken) console.error(`FAIL  ${line}`)
process.exit(broken.length === 0 ? 0 : 1)
