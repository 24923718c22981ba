import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startPlatform } from '../support/platform.ts'
import type { TestPlatform } from '../support/platform.ts'
import { freePort } from '../support/ports.ts'
import { startReceiver } from '../support/receiver/receiver.ts'
import { policy } from '../support/manifest.ts'
import { poll } from '../support/eventually.ts'

/** `make deferred`: very many deferred messages, a restart of everything, and then all of them delivered: none lost, none early,
 * and a fresh message not held up by them. Needs Debian's postfix for its load generator and sink. */
const { values } = parseArgs({
  options: { count: { type: 'string', default: '100000' }, delay: { type: 'string', default: '240s' } },
})
const count = Number(values.count)
const SOURCE = '/usr/sbin/smtp-source'
const SINK = '/usr/sbin/smtp-sink'
if (!existsSync(SOURCE)) {
  console.error('needs the Debian package postfix (smtp-source, smtp-sink)')
  process.exit(2)
}

const sinkPort = await freePort()
const fresh = await startReceiver()
let sink = await startSink(['-r', 'rcpt'])
const platform = await startPlatform({
  relay: true,
  platform: { retry: { firstDelay: values.delay, maxDelay: values.delay, jitterPercent: 10 } },
  documents: [
    policy('deferred', ['deferred.test'], { host: '127.0.0.1', port: sinkPort }),
    policy('fresh', ['fresh.test'], fresh),
  ],
})
let failures = 0
try {
  await story()
} finally {
  await platform.stop()
  sink.kill()
  await fresh.close()
  platform.remove()
}
console.log(`${4 - failures} passed, ${failures} failed`)
process.exit(failures === 0 ? 0 : 1)

async function story(): Promise<void> {
  const started = Date.now()
  const load = ['-s', '50', '-m', String(count), '-l', '1000', '-d', '-f', 'app@sender.test', '-t', 'kim@deferred.test']
  await once(spawn(SOURCE, [...load, `127.0.0.1:${platform.ports.relay}`], { stdio: 'inherit' }), 'exit')
  say(`${count} accepted in ${seconds(started)}`)
  await until(() => states(platform)['deferred'] === count, 1_200_000)
  say(`all deferred after ${seconds(started)}`)
  say(`a fresh message behind them: ${await median(platform)} ms from final dot to the remote's 250 (median of 21)`)

  const stopped = Date.now()
  await platform.restart()
  say(`everything stopped and ready again in ${seconds(stopped)}`)
  const { count: queued } = await platform.queue('--limit', '1')
  check(
    `${queued.deferred} of ${count} still wait after the restart`,
    queued.deferred + states(platform).delivered === count,
  )
  const afterRestart = await median(platform)
  check(`a fresh message after the restart: ${afterRestart} ms (median of 21)`, afterRestart < 100)

  sink.kill()
  await once(sink, 'exit')
  sink = await startSink([])
  await until(() => states(platform).delivered >= count, 1_800_000)
  const { delivered, early, others } = verdict(platform)
  check(`${delivered} of ${count} delivered in the end, ${others} not`, delivered === count && others === 0)
  check(`${early} attempted before their time`, early === 0)
}

async function startSink(options: string[]): Promise<ChildProcess> {
  const child = spawn(SINK, ['-u', 'nobody', ...options, `127.0.0.1:${sinkPort}`, '1000'], { stdio: 'inherit' })
  await pause(500)
  return child
}

/** From handing the message over to the receiver's 250, in milliseconds. */
async function median(platform: TestPlatform): Promise<number> {
  const times: number[] = []
  for (let index = 0; index < 21; index++) {
    const before = fresh.mails.length
    await platform.submit({ to: `kim${index}@fresh.test` })
    const accepted = Date.now()
    await until(() => fresh.mails.length > before, 30_000, 2)
    times.push(Math.max(0, (fresh.mails.at(-1)?.endedAt ?? 0) - accepted))
  }
  return times.sort((a, b) => a - b)[10] ?? NaN
}

function query(platform: TestPlatform, sql: string): Record<string, number>[] {
  const db = new DatabaseSync(join(platform.state, 'log', 'messages.sqlite'), { readOnly: true })
  try {
    return db.prepare(sql).all() as Record<string, number>[]
  } finally {
    db.close()
  }
}

function states(platform: TestPlatform): {
  delivered: number
  deferred: number
  failed: number
  queued: number
  cancelled: number
} {
  const rows = query(
    platform,
    "SELECT state, count(*) AS n FROM recipients WHERE destination = 'deferred.test' GROUP BY state",
  )
  const counted = Object.fromEntries(rows.map((row) => [String(row['state']), row['n'] ?? 0]))
  return { delivered: 0, deferred: 0, failed: 0, queued: 0, cancelled: 0, ...counted }
}

/** Every attempt but a message's first must be at or after the time that the one before it planned. */
function verdict(platform: TestPlatform): { delivered: number; others: number; early: number } {
  const { delivered, ...rest } = states(platform)
  const [row] = query(
    platform,
    `SELECT count(*) AS early FROM story later JOIN story before ON before.id = later.id
       AND json_extract(before.event, '$.attempt') = json_extract(later.event, '$.attempt') - 1
     WHERE later.at < json_extract(before.event, '$.nextAt')`,
  )
  return { delivered, others: Object.values(rest).reduce((sum, n) => sum + n, 0), early: row?.['early'] ?? -1 }
}

async function until(condition: () => boolean, withinMs: number, everyMs = 1000): Promise<void> {
  if (!(await poll(condition, Boolean, { withinMs, everyMs }))) throw new Error('waited too long')
}

function check(what: string, holds: boolean): void {
  say(`${holds ? 'ok  ' : 'FAIL'} ${what}`)
  if (!holds) failures++
}

function say(line: string): void {
  console.log(line)
}

function seconds(since: number): string {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`
}
