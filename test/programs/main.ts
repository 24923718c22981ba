/** `make programs`: messages as real programs write them, sent to Postrider and, where it is installed, to Postfix; what each wrote and what
 * arrived. With `--write` the table becomes docs/programs.md. Fails when Postrider does something else than is wanted. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { postfixSubmissionMissing, startPostfixSubmission } from '../blackbox/postfix-submission.ts'
import { startPostrider } from '../blackbox/postrider.ts'
import { needs } from '../support/needs.ts'
import { dkimpyMissing } from '../support/verify-dkim.ts'
import type { ProgramCase } from './case.ts'
import { LIBRARIES } from './cases-libraries.ts'
import { SHELL } from './cases-shell.ts'
import { WRITTEN } from './cases-written.ts'
import { signaturesOf, wrongWith } from './judge.ts'
import { looks } from './meant.ts'
import { programsPage } from './page.ts'
import type { Row } from './page.ts'
import { createRecorder } from './recorder.ts'
import { tryProgram } from './try-program.ts'

const MESSAGE_BYTES = 10_485_760
const CASES = [...SHELL, ...LIBRARIES, ...WRITTEN]
const chosen = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))

const missing = dkimpyMissing()
if (missing !== false) throw new Error(missing)
const recorder = await createRecorder()
const own = await startPostrider(MESSAGE_BYTES)
const other = postfixSubmissionMissing() === false ? await startPostfixSubmission(MESSAGE_BYTES) : undefined
const postrider = await recorder.before(own)
const postfix = other && (await recorder.before(other))
const rows: Row[] = []
const skipped: string[] = []
try {
  for (const [number, program] of CASES.entries()) {
    if (chosen.length > 0 && !chosen.some((part) => program.name.includes(part))) continue
    const lacking = (program.needs ?? []).map(([name, debian]) => needs(name, debian)).find((what) => what !== false)
    if (lacking !== undefined) {
      skipped.push(`${program.name}: ${lacking}`)
      continue
    }
    const found = await row(program, `program${number}@remote.test`)
    rows.push(found)
    const { wrong, ours } = found
    console.log(`${wrong === '' ? 'ok    ' : 'FAILED'} ${program.name}: ${ours.result} ${ours.detail} ${wrong}`)
  }
} finally {
  await recorder.close()
  await own.stop()
  await other?.stop()
}
if (process.argv.includes('--write'))
  writeFileSync(join(import.meta.dirname, '..', '..', 'docs', 'programs.md'), programsPage(rows))
for (const skip of skipped) console.log(`skipped: ${skip}`)
const failed = rows.filter(({ wrong }) => wrong !== '').length
console.log(`${rows.length - failed} passed, ${failed} failed, ${skipped.length} skipped`)
process.exit(failed > 0 || (skipped.length > 0 && process.env['POSTRIDER_NO_SKIP'] === '1') ? 1 : 0)

async function row(program: ProgramCase, to: string): Promise<Row> {
  const ours = await tryProgram(program, postrider, to)
  const theirs = postfix && (await tryProgram(program, postfix, to))
  const signatures = ours.arrived === undefined ? '' : await signaturesOf(ours.arrived.content, own.state ?? '')
  const wrote = looks(ours.wrote ?? '')
  return { name: program.name, wrote, ours, theirs, signatures, wrong: wrongWith(program, ours, signatures) }
}
