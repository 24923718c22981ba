import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { MISTAKES, findsMistake } from './broken.ts'
import { runCampaign } from './campaign.ts'
import type { Target } from './rounds.ts'
import { tableHead, tableLine } from './verdict.ts'

const USAGE = `make faults: kills the platform's programs under load and counts what was lost, and what came twice

  --rounds N       kills and stalls (16: each kind at least once)
  --rate N         least load, messages a second (100)
  --delivery N     delivery processes (3)
  --ingress N      ingress processes (2)
  --connections N  of the load (20)
  --steady MS      from one program's return to the next kill (4000)
  --targets LIST   what is killed, in turn; a+b at once (each in turn, and now and then two);
                   delivery:stall, broker:stall: stopped for 45 s; broker:down: nothing listens for 45 s
  --later SHARE    of the messages, refused at the first attempt (0.1)
  --bounce SHARE   of the messages, refused for good (0.05)
  --slow SHARE     of the messages, whose remote answers the final dot 40 or 60 s late (0.005)
  --break NAME     only make one mistake in a copy of the source and see it found: ${MISTAKES.map(({ name }) => name).join(', ')}
  --no-mistakes    only the rounds
  --json FILE      the verdict, for programs
  --keep           leave the platform's folder`

/** Both delivery and broker, so that what the one remembers does not stand in for what the other forgot. */
const TURNS = ['ingress', 'delivery', 'notifier', 'broker']
const USUAL = [...TURNS, 'broker:down', ...TURNS, 'delivery:stall', 'delivery+broker', ...TURNS, 'broker:stall'].join()

const text = { type: 'string' } as const
const flag = { type: 'boolean', default: false } as const
const { values } = parseArgs({
  options: {
    rounds: { ...text, default: process.env['ROUNDS'] ?? '16' },
    rate: { ...text, default: process.env['RATE'] ?? '100' },
    delivery: { ...text, default: '3' },
    ingress: { ...text, default: '2' },
    slow: { ...text, default: '0.005' },
    connections: { ...text, default: '20' },
    steady: { ...text, default: '4000' },
    targets: { ...text, default: USUAL },
    later: { ...text, default: '0.1' },
    bounce: { ...text, default: '0.05' },
    break: text,
    json: text,
    'no-mistakes': flag,
    keep: flag,
    help: flag,
  },
})

const say = (line: string): void => console.log(line)

/** Resolves with how many checks passed and how many failed. */
async function rounds(): Promise<boolean[]> {
  const targets = values.targets.split(',').map((names) => names.split('+') as Target[])
  const verdict = await runCampaign({
    count: Number(values.rounds),
    steadyMs: Number(values.steady),
    targets: (number) => targets[(number - 1) % targets.length] ?? [],
    rate: Number(values.rate),
    connections: Number(values.connections),
    laterShare: Number(values.later),
    bounceShare: Number(values.bounce),
    slowShare: Number(values.slow),
    delivery: Number(values.delivery),
    ingress: Number(values.ingress),
    keep: values.keep,
    say,
  })
  say(tableHead)
  for (const round of verdict.rounds) say(tableLine(round))
  for (const { name, passed, detail } of verdict.checks) say(`${passed ? 'pass' : 'FAIL'}  ${name}: ${detail}`)
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(verdict))
  return verdict.checks.map(({ passed }) => passed)
}

async function mistakes(): Promise<boolean[]> {
  const results: boolean[] = []
  for (const mistake of MISTAKES) {
    if (values.break !== undefined && mistake.name !== values.break) continue
    say(`with the mistake ${mistake.name} in a copy of the source:`)
    const found = await findsMistake(mistake, say)
    say(`${found ? 'pass' : 'FAIL'}  the mistake ${mistake.name} is ${found ? '' : 'not '}found`)
    results.push(found)
  }
  return results
}

if (values.help) {
  say(USAGE)
  process.exit(0)
}
if (values.break !== undefined && !MISTAKES.some(({ name }) => name === values.break)) {
  console.error(USAGE)
  process.exit(2)
}
const results = [
  ...(values.break === undefined ? await rounds() : []),
  ...(values['no-mistakes'] ? [] : await mistakes()),
]
const failed = results.filter((passed) => !passed).length
say(`${results.length - failed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
