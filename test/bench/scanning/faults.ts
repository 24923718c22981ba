import { setTimeout as pause } from 'node:timers/promises'
import { median } from '../table.ts'
import { CLEAN_4_KB, EICAR_PLAIN, GTUBE_PLAIN } from './mails.ts'
import { headOf } from './row.ts'
import type { Row } from './row.ts'
import type { Answer, FailMode, World } from './world.ts'

export type Scanner = 'clamd' | 'rspamd'

/** Of a scanner by default (docs/resources.md), and what may come on top of it. */
const TIMEOUT_MS = { clamd: 30_000, rspamd: 15_000 }
const SLACK_MS = 3000
/** As many failures in a row, and the scanner is left alone: services/ingress/scan/scan.ts. */
const FAILURES = 5
/** Left alone, one message tries it after 15 s; a second more for the mail itself. */
const USED_AGAIN_MS = 16_000
const PROMPT_MS = 1000
const HANG_MS = 60_000

interface Fault {
  world: World
  scanner: Scanner
  mode: FailMode
}

/** Its port is closed. */
export async function down({ world, scanner, mode }: Fault): Promise<Row[]> {
  await world.scan(mode)
  await world[scanner].kill()
  const answers: Answer[] = []
  for (let time = 0; time <= FAILURES; time++) answers.push(await world.submit(CLEAN_4_KB.content()))
  await world[scanner].start()
  return [
    row(`${scanner} down, ${mode}`, mode, answers, PROMPT_MS),
    await usedAgain({ world, scanner, mode }, `${scanner} up again, ${mode}: used after`),
  ]
}

/** It takes connections and says nothing, for a minute: five mails at once, then one a second. */
export async function hanging({ world, scanner, mode }: Fault): Promise<Row[]> {
  await world.scan(mode)
  const startedAt = performance.now()
  world[scanner].hang()
  const first = await Promise.all(Array.from({ length: FAILURES }, () => world.submit(CLEAN_4_KB.content())))
  const later: Promise<Answer>[] = []
  while (performance.now() - startedAt < HANG_MS) {
    later.push(world.submit(CLEAN_4_KB.content()))
    await pause(1000)
  }
  world[scanner].goOn()
  const again = await usedAgain({ world, scanner, mode }, `${scanner} goes on, ${mode}: used after`)
  const all = await Promise.all(later)
  const waited = all.filter(({ ms }) => ms > PROMPT_MS)
  const prompt = all.filter(({ ms }) => ms <= PROMPT_MS)
  const tried = `${waited.length} of ${all.length} waited to try it`
  const spared = row(`${scanner} hangs, ${mode}: those after them (${tried})`, mode, prompt, PROMPT_MS)
  // Between two that try it there are 15 s.
  if (waited.length > 2) spared.broken = `${scanner} hanging: ${tried}`
  return [
    row(`${scanner} hangs, ${mode}: the first ${FAILURES}`, mode, first, TIMEOUT_MS[scanner] + SLACK_MS),
    spared,
    again,
  ]
}

function row(what: string, mode: FailMode, answers: Answer[], mostMs: number): Row {
  const code = mode === 'Open' ? '250' : '451'
  const longest = Math.max(...answers.map(({ ms }) => ms))
  const wrong = answers.find(({ reply }) => !reply.startsWith(code))
  const broken = wrong ? `was answered ${wrong.reply}` : longest > mostMs ? `took ${longest.toFixed(0)} ms` : ''
  return {
    what,
    reply: [...new Set(answers.map(({ reply }) => headOf(reply)))].join('; '),
    with: median(answers.map(({ ms }) => ms)),
    ...(broken === '' && answers.length > 0 ? {} : { broken: `${what}: ${broken || 'no answers'}` }),
  }
}

/** Until what only this scanner finds is refused again. */
async function usedAgain({ world, scanner }: Fault, what: string): Promise<Row> {
  const { content } = scanner === 'clamd' ? EICAR_PLAIN : GTUBE_PLAIN
  const startedAt = performance.now()
  for (;;) {
    const { reply } = await world.submit(content())
    const ms = performance.now() - startedAt
    const late = ms > USED_AGAIN_MS
    if (!reply.startsWith('550') && ms < 2 * USED_AGAIN_MS) await pause(100)
    else return { what, reply: headOf(reply), with: ms, ...(late ? { broken: `${what} ${ms.toFixed(0)} ms` } : {}) }
  }
}
