import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { parseAllDocuments } from 'yaml'
import { eventually } from '../support/eventually.ts'
import { needs } from '../support/needs.ts'
import { mailFiles } from '../support/platform.ts'
import { freePort, portsInARow } from '../support/ports.ts'
import { dkimpyMissing, verifyDkim } from '../support/verify-dkim.ts'

const run = promisify(execFile)
const ROOT = join(import.meta.dirname, '..', '..')
/** From the end of the command that sends to the file in the sandbox. Milliseconds. */
const PROMISED_MS = 2000

const root = mkdtempSync(join(tmpdir(), 'postrider-quickstart-'))
const folder = join(root, 'quickstart')
const state = join(root, 'state')
let output = ''
let platform: ChildProcess
let ended: Promise<number | null>

before(async () => {
  cpSync(join(ROOT, 'examples', 'quickstart'), folder, { recursive: true })
  await moveToFreePorts(join(folder, 'platform.yaml'))
  const args = [join(ROOT, 'cli', 'main.ts'), 'up', folder, '--state', state]
  platform = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  ended = new Promise((resolve) => platform.once('exit', resolve))
  for (const stream of [platform.stdout, platform.stderr]) {
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  }
  await eventually(() => {
    assert.equal(platform.exitCode, null, output)
    assert.match(output, /^Ctrl-C stops everything/m, output)
  }, 180_000)
})
after(async () => {
  platform.kill('SIGINT')
  await ended
  rmSync(root, { recursive: true, force: true })
})

/** The example as it is, but for its ports, which others may have. */
async function moveToFreePorts(file: string): Promise<void> {
  const documents = parseAllDocuments(readFileSync(file, 'utf8'))
  const of = (kind: string) => documents.find((document) => document.get('kind') === kind)
  const [mail, policy, sandbox] = [of('MailPlatform'), of('DestinationPolicy'), await freePort()]
  mail?.setIn(['spec', 'ingress', 'listeners', 0, 'port'], await freePort())
  mail?.setIn(['spec', 'ingress', 'listeners', 1, 'port'], await freePort())
  mail?.setIn(['spec', 'api', 'port'], await freePort())
  mail?.setIn(['spec', 'api', 'httpPort'], await freePort())
  mail?.setIn(['spec', 'broker', 'port'], await freePort())
  mail?.setIn(['spec', 'telemetry', 'basePort'], await portsInARow(60))
  mail?.setIn(['spec', 'sandbox', 'port'], sandbox)
  policy?.setIn(['spec', 'route', 'port'], sandbox)
  writeFileSync(file, documents.join(''))
}

/** The line among those that `postrider up` printed that holds this, without its indent. */
function printed(program: RegExp): string {
  const line = output.split('\n').find((text) => text.startsWith('  ') && program.test(text))
  assert.ok(line !== undefined, `no line with ${program}:\n${output}`)
  return line.trim()
}

/** Runs a printed line in the repository, as its reader would, and waits for the mail. */
async function send(line: string): Promise<string> {
  const before = mailFiles(`${state}-sandbox`).length
  const { stdout } = await run('/bin/sh', ['-c', line], { cwd: ROOT })
  const sentAt = Date.now()
  const mails = await eventually(() => {
    const found = mailFiles(`${state}-sandbox`)
    assert.equal(found.length, before + 1, stdout)
    return found
  })
  const waited = Date.now() - sentAt
  assert.ok(waited < PROMISED_MS, `${waited} ms`)
  return mails.at(-1) ?? ''
}

function check(mail: string, words: RegExp): void {
  assert.match(mail, /^Return-Path: <app@example\.test>\r$/m)
  assert.match(mail, /^Delivered-To: kim@remote\.test\r$/m)
  assert.match(mail, words)
  assert.deepEqual(verifyDkim(mail, state), [
    { domain: 'example.test', selector: 'postrider-rsa', algorithm: 'rsa-sha256', valid: true },
    { domain: 'example.test', selector: 'postrider-ed25519', algorithm: 'ed25519-sha256', valid: true },
  ])
}

const noVerifier = dkimpyMissing()

test(
  'the printed swaks line puts a signed mail into the sandbox',
  { skip: needs('swaks', 'swaks') || noVerifier },
  async () => {
    check(await send(printed(/\bswaks --server/)), /^Subject: test /m)
  },
)

test('the printed Node line puts a signed mail into the sandbox', { skip: noVerifier }, async () => {
  check(await send(printed(/node_modules\/\.bin\/node -e/)), /^Subject: hello from Node\r$/m)
})

test(
  'the printed curl line puts a signed mail into the sandbox',
  { skip: needs('curl', 'curl') || noVerifier },
  async () => {
    check(await send(printed(/\| curl /)), /^Subject: hello from curl\r$/m)
  },
)

test('Ctrl-C ends the platform with exit code 0', async () => {
  platform.kill('SIGINT')
  assert.equal(await ended, 0)
  assert.match(output, /^stopped$/m)
})
