import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { endLeftovers, lockState } from './lock.ts'

const folder = mkdtempSync(join(tmpdir(), 'postrider-lock-'))
after(() => rmSync(folder, { recursive: true, force: true }))

test('a lock is held until it is given up', async () => {
  const file = join(folder, 'run', 'up.pid')
  const unlock = await lockState(file)
  assert.equal(Number(readFileSync(file, 'utf8')), process.pid)
  unlock()
  assert.equal(existsSync(file), false)
})

test('a lock of a process that is gone, or of another program, is ignored', async () => {
  const file = join(folder, 'stale.pid')
  for (const holder of ['999999999', '1', 'nonsense', '']) {
    writeFileSync(file, holder)
    const unlock = await lockState(file)
    unlock()
  }
})

test('programs that a killed run left behind are ended, and nobody else', async () => {
  const mark = join(folder, 'nats.conf')
  const left = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', mark], { stdio: 'ignore' })
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', 'another'], { stdio: 'ignore' })
  const ended = new Promise((resolve) => left.once('exit', resolve))
  const file = join(folder, 'programs.json')
  // The number of the second one was once that of a program of ours.
  writeFileSync(file, JSON.stringify([left, other].map(({ pid }) => ({ pid, mark }))))
  await endLeftovers(file)
  await ended
  assert.equal(other.exitCode ?? other.signalCode, null)
  other.kill()
  assert.equal(existsSync(file), false)
})
