import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { stopOrder, supervise } from './supervise.ts'
import type { SuperviseOptions, Supervised } from './supervise.ts'

const folder = mkdtempSync(join(tmpdir(), 'postrider-supervise-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const program = (name: string, script: string, graceMs = 40_000) => ({
  name,
  graceMs: () => graceMs,
  command: process.execPath,
  args: ['-e', script],
  logFile: join(folder, `${name}.log`),
})

async function until(check: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000
  while (!check()) {
    assert.ok(Date.now() < deadline, 'in time')
    await pause(20)
  }
}

function run(name: string, script: string, options: SuperviseOptions = {}, graceMs?: number): Supervised {
  return supervise(program(name, script, graceMs), options)
}

test('a program that ends is restarted with growing delays, and its output is kept', async () => {
  const delays: number[] = []
  const supervised = run('ends', 'console.log("hello"); process.exit(3)', {
    onExit: (_name, code, _signal, delayMs) => {
      assert.equal(code, 3)
      delays.push(delayMs)
    },
  })
  await until(() => delays.length >= 3)
  await supervised.stop()
  assert.deepEqual(delays.slice(0, 3), [200, 400, 800])
  assert.match(readFileSync(join(folder, 'ends.log'), 'utf8'), /hello\nhello\nhello/)
  const restarts = supervised.restarts
  await pause(50)
  assert.equal(supervised.restarts, restarts)
})

test('restart ends a program and starts it again; stop ends it permanently, and kills it if it ignores the signal', async () => {
  const pids: number[] = []
  const script = 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("up")'
  const supervised = run('stays', script, { onStart: (_name, pid) => pids.push(pid) }, 200)
  await until(() => /up/.test(readFileSync(join(folder, 'stays.log'), 'utf8')))
  await supervised.stop()
  assert.equal(pids.length, 1)
  assert.throws(() => process.kill(pids[0] ?? 0, 0))

  const polite = run('polite', 'setInterval(() => {}, 1000)', { onStart: (_name, pid) => pids.push(pid) })
  polite.restart()
  await until(() => pids.length === 3)
  assert.notEqual(pids[1], pids[2])
  await polite.stop()
})

test('a program that cannot be started is tried again, and a program whose log cannot be opened runs without it', async () => {
  const failed: string[] = []
  const missing = supervise(
    { ...program('missing', ''), command: join(folder, 'not-there') },
    { onExit: (name) => failed.push(name) },
  )
  await until(() => failed.length >= 2)
  await missing.stop()
  const pids: number[] = []
  const noLog = supervise(
    { ...program('no-log', 'setInterval(() => {}, 1000)'), logFile: join(folder, 'no', 'folder', 'log') },
    { onStart: (_name, pid) => pids.push(pid) },
  )
  await until(() => pids.length === 1)
  await noLog.stop()
})

test('restarts leave no open files behind', async () => {
  const open = (): number => readdirSync('/proc/self/fd').length
  let ends = 0
  const before = open()
  const supervised = run('leak', 'process.exit(0)', { onExit: () => ends++ })
  await until(() => ends >= 3)
  await supervised.stop()
  assert.ok(open() <= before + 1, `${before} before, ${open()} after`)
})

test('programs stop in reverse start order, those of one service together', () => {
  const started = ['broker', 'notifier', 'delivery-0', 'delivery-1', 'ingress-0', 'ingress-1'].map((name) => ({ name }))
  assert.deepEqual(
    stopOrder(started).map((kind) => kind.map(({ name }) => name)),
    [['ingress-1', 'ingress-0'], ['delivery-1', 'delivery-0'], ['notifier'], ['broker']],
  )
})
