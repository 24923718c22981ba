/** Postfix and Postrider, alternately, under the same load on the same machine. Usage:
 *
 *     node test/bench/main.ts [--pairs 3] [--messages 8000] [--sessions 20,100] [--dkim both|on|off]
 *                             [--connections both|one|many] [--json FILE]
 *
 * `--messages` is for the cells without DKIM; those with it get five eighths. Content is 4 KB. Both systems run all the
 * time, warmed up, and only one has load; which of a pair is first alternates. */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { smtpLoadMissing, startSink } from '../support/smtp-load.ts'
import { postfixMissing } from '../support/postfix.ts'
import { measure } from './measure.ts'
import type { Cell, Measured } from './measure.ts'
import { opendkimMissing } from './opendkim.ts'
import { startContender as startPostfix } from './postfix.ts'
import { startContender as startPostrider } from './postrider.ts'
import { label, table } from './table.ts'
import type { Row } from './table.ts'

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '3' },
    messages: { type: 'string', default: '8000' },
    sessions: { type: 'string', default: '20,100' },
    dkim: { type: 'string', default: 'both' },
    connections: { type: 'string', default: 'both' },
    json: { type: 'string' },
  },
})
const missing = postfixMissing() || smtpLoadMissing() || opendkimMissing()
if (missing !== false) {
  console.error(`the benchmark ${missing}`)
  process.exit(1)
}

const either = (choice: string, yes: string, no: string): boolean[] =>
  choice === yes ? [true] : choice === no ? [false] : [false, true]

const rows: Row[] = []
const sink = await startSink()
try {
  for (const dkim of either(values.dkim, 'on', 'off')) {
    const messages = Math.round(Number(values.messages) * (dkim ? 5 / 8 : 1))
    const sessions = values.sessions.split(',').map(Number)
    const cells = sessions.flatMap((count) =>
      either(values.connections, 'many', 'one').map((reuse): Cell => ({ dkim, sessions: count, reuse, messages })),
    )
    rows.push(...(await runGroup(dkim, cells)))
  }
} finally {
  await sink.stop()
}
console.log(`\n${table(rows)}`)
// Two cores carry load, sink and platform alike, so what limits it is who uses them.
for (const { cell, pairs } of rows) {
  console.log(`\n${label(cell)}: CPU of Postrider, ms a message (user + kernel)`)
  const shares = Object.entries(pairs.at(-1)?.[1].profile ?? {})
  shares.sort(([, a], [, b]) => b.userMs + b.kernelMs - a.userMs - a.kernelMs)
  for (const [program, { userMs, kernelMs }] of shares) {
    if (userMs + kernelMs > 0.005) console.log(`  ${program.padEnd(24)} ${userMs.toFixed(2)} + ${kernelMs.toFixed(2)}`)
  }
}
if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(rows, null, 2))

/** All cells that need the same configuration. */
async function runGroup(dkim: boolean, cells: Cell[]): Promise<Row[]> {
  const options = { sink: { host: sink.host, port: sink.port }, dkim }
  const postfix = await startPostfix(options)
  try {
    const postrider = await startPostrider(options)
    try {
      for (const contender of [postfix, postrider])
        await measure(contender, sink, { dkim, sessions: 20, reuse: true, messages: 1000 })
      const rows: Row[] = []
      for (const cell of cells) {
        const pairs: [Measured, Measured][] = []
        for (let pair = 0; pair < Number(values.pairs); pair++) {
          const run = async (contender: typeof postfix): Promise<Measured> => {
            const measured = await measure(contender, sink, cell)
            const { accept, endToEnd, cpuMs } = measured
            console.error(
              `${label(cell)}: ${contender.name} ${accept.toFixed(0)} msg/s accepted, ${endToEnd.toFixed(0)} msg/s end to end, ${cpuMs.toFixed(2)} ms CPU a message`,
            )
            return measured
          }
          if (pair % 2 === 0) pairs.push([await run(postfix), await run(postrider)])
          else {
            const second = await run(postrider)
            pairs.push([await run(postfix), second])
          }
        }
        rows.push({ cell, pairs })
      }
      return rows
    } finally {
      await postrider.stop()
    }
  } finally {
    await postfix.stop()
  }
}
