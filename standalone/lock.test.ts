import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { endLeftovers, lockState } from './lock.ts'

const folder = mkdtempSync(join(tmpdir(), 'postrider-lock-'))
after(() => rmSync(folder, { recursive: true, force: true }))

test('a lock stays until it is released', async () => {
  const file = join(folder, 'run', 'up.pid')
  const unlock = await lockState(file)
  assert.equal(Number(readFileSync(file, 'utf8')), process.pid)
  unlock()
  assert.equal(existsSync(file), false)
})

test('a lock of a process that has ended, or of another program, is ignored', async () => {
  const file = join(folder, 'stale.pid')
  for (const holder of ['999999999', '1', 'nonsense', '']) {
    writeFileSync(file, holder)
    const unlock = await lockState(file)
    unlock()
  }
})

test('programs that a killed run left behind are ended, and no others', async () => {
  const mark = join(folder, 'nats.conf')
  const left = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', mark], { stdio: 'ignore' })
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', 'another'], { stdio: 'ignore' })
  const ended = new Promise((resolve) => left.once('exit', resolve))
  const file = join(folder, 'programs.json')
  // As if the process id of the second program had belonged to one of ours before.
  writeFileSync(file, JSON.stringify([left, other].map(({ pid }) => ({ pid, mark }))))
  await endLeftovers(file)
  await ended
  assert.equal(other.exitCode ?? other.signalCode, null)
  other.kill()
  assert.equal(existsSync(file), false)
})
