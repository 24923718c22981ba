import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { runClusterCampaign } from './campaign.ts'
import { CASES } from './cases.ts'
import { TABLE_HEAD, faultsOf, tableLine } from './verdict.ts'

const USAGE = `make cluster-faults: a broker of three servers, and what befalls it while mail flows: nothing accepted may be lost, no message bounced by
the platform itself, and no notice missing

  --cases LIST     by comma: ${Object.keys(CASES).join(',')} (all)
  --rate N         messages a second, each to two domains (100)
  --connections N  of the load (100)
  --json FILE      the verdicts, for programs
  --keep           leave the folders of the platform and of the brokers`

const text = { type: 'string' } as const
const flag = { type: 'boolean', default: false } as const
const { values } = parseArgs({
  options: {
    cases: { ...text, default: Object.keys(CASES).join() },
    rate: { ...text, default: '100' },
    connections: { ...text, default: '100' },
    json: text,
    keep: flag,
    help: flag,
  },
})
const say = (line: string): void => console.log(line)
const cases = values.cases.split(',').map((name) => [name, CASES[name]] as const)
const unknown = cases.filter(([, fault]) => fault === undefined)
if (values.help || unknown.length > 0) {
  say(USAGE)
  process.exit(values.help ? 0 : 2)
}

const verdicts = await runClusterCampaign({
  cases: cases.flatMap(([name, fault]) => (fault === undefined ? [] : [[name, fault]])),
  rate: Number(values.rate),
  connections: Number(values.connections),
  ingress: 2,
  delivery: 3,
  keep: values.keep,
  say,
})
if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(verdicts, null, 2))
for (const line of TABLE_HEAD) say(line)
for (const verdict of verdicts) say(tableLine(verdict))
let failed = 0
for (const verdict of verdicts) {
  const faults = faultsOf(verdict)
  if (faults.length > 0) failed++
  for (const fault of faults) say(`FAIL  ${verdict.name}: ${fault}`)
}
say(`${verdicts.length - failed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
