import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { BEHAVIOURS, SECTIONS } from './behaviours/all.ts'
import { runCampaign } from './campaign.ts'
import { failuresOf, pageOf } from './report.ts'
import type { Results } from './report.ts'
import { LOADS, riseOf, runTarpits } from './tarpits.ts'

const USAGE = `make hostile: what becomes of mail when remotes misbehave, and what a healthy destination notices of it

  --only PATTERN   only the behaviours whose name matches; no tarpits
  --no-tarpits     only the table of behaviours
  --no-table       only the loads of tarpits
  --rounds N       pairs of rounds of each load of tarpits (3)
  --write          writes docs/hostile.md
  --list           names the behaviours`

const flag = { type: 'boolean', default: false } as const
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    'no-tarpits': flag,
    'no-table': flag,
    write: flag,
    list: flag,
    help: flag,
  },
})
const say = (line: string): void => console.log(line)

if (values.help || values.list) {
  say(values.help ? USAGE : BEHAVIOURS.map(({ name, what }) => `${name}: ${what}`).join('\n'))
  process.exit(0)
}
const pattern = new RegExp(values.only ?? '')
const behaviours = BEHAVIOURS.filter(({ name }) => pattern.test(name))
const results: Results = { tarpits: [] }
if (!values['no-table']) results.campaign = await runCampaign({ behaviours, say })
if (!values['no-tarpits'] && values.only === undefined) {
  for (const load of LOADS) {
    say(`${load.domains} tarpits with ${load.messages} messages each`)
    const result = await runTarpits(load, Number(values.rounds), say)
    say(`  p95 ${riseOf(result).toFixed(0)} % higher, ${result.peakRss.toFixed(0)} MB`)
    results.tarpits.push(result)
  }
}
if (values.write) {
  const titles = SECTIONS.map(([title, list]): [string, string[]] => [title, list.map(({ name }) => name)])
  writeFileSync(join(import.meta.dirname, '..', '..', 'docs', 'hostile.md'), pageOf(results, titles))
}
const failures = failuresOf(results)
for (const failure of failures) say(`FAIL  ${failure}`)
say(`${behaviours.length} behaviours, ${failures.length} differences`)
process.exit(failures.length === 0 ? 0 : 1)
