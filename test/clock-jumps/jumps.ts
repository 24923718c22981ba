import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { eventually } from '../support/eventually.ts'
import { startPlatform } from '../support/platform.ts'
import type { TestPlatform } from '../support/platform.ts'
import { startReceiver } from '../support/receiver/receiver.ts'
import type { Receiver } from '../support/receiver/receiver.ts'

/** Where Debian's package libfaketime puts the library that is loaded before the C library. */
export const LIBFAKETIME = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1'

const HOUR = 3600
const DAY = 24 * HOUR
/** By how many seconds the clock of every service is set, one after the other; back to right time in between. */
export const JUMPS: [name: string, seconds: number][] = [
  ['+1 h', HOUR],
  ['-1 h', -HOUR],
  ['+40 d', 40 * DAY],
]

/** Less than every jump, so that a platform that believed its clock would bounce and erase at once. */
const LIFETIME = '20m'
/** How long the clock stays wrong: some hundred turns of the notifier, and several retries. Milliseconds. */
const WRONG_MS = 8_000
const MESSAGES = 20

/** What one jump came to. All but the first two should be 0. */
export interface JumpResult {
  jump: string
  accepted: number
  delivered: number
  lost: number
  twice: number
  /** Failure and delay notices. */
  notices: number
  /** Contents deleted although their retention has not ended. */
  erased: number
  /** Most attempts of one message while the clock was wrong: a retry that is always due would make hundreds. */
  attempts: number
}

/** Sets the clocks of a running platform's services and sees what becomes of its mail: some is delivered already, some is deferred
 * and waits, some is submitted while the clocks are wrong. The broker, a program without a C library, keeps the right time. */
export async function runJumps(say: (line: string) => void = () => undefined): Promise<JumpResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'postrider-clock-'))
  const offset = join(folder, 'offset')
  const setClocks = (seconds: number): void => writeFileSync(offset, `${seconds >= 0 ? '+' : ''}${seconds}\n`)
  setClocks(0)
  let open = false
  const remote = await startReceiver({
    script: ({ stage, argument }) =>
      stage === 'rcpt' && argument.startsWith('later') && !open ? '452 4.2.2 mailbox full' : undefined,
  })
  const platform = await startPlatform({
    routeTo: remote,
    platform: {
      retry: { firstDelay: '1s', maxDelay: '2s', lifetime: LIFETIME },
      notices: { delayedAfter: '10m' },
    },
    domain: { retention: LIFETIME },
    env: {
      LD_PRELOAD: LIBFAKETIME,
      FAKETIME_TIMESTAMP_FILE: offset,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    },
  })
  const results: JumpResult[] = []
  try {
    for (const [jump, seconds] of JUMPS) {
      open = false
      const before = await submitAll(platform, [`at-once-${seconds}`, `later-${seconds}`])
      await eventually(() => arrived(remote, `at-once-${seconds}`, MESSAGES), 60_000)
      setClocks(seconds)
      const since = performance.now()
      const during = await submitAll(platform, [`during-${seconds}`])
      await pause(Math.max(0, WRONG_MS - (performance.now() - since)))
      const attempts = mostAttempts(remote, `later-${seconds}`)
      open = true
      await eventually(() => arrived(remote, `later-${seconds}`, MESSAGES), 60_000).catch(() => undefined)
      setClocks(0)
      const after = await submitAll(platform, [`after-${seconds}`])
      await eventually(() => arrived(remote, `after-${seconds}`, MESSAGES), 60_000).catch(() => undefined)
      results.push({
        jump,
        ...count(remote, [...before, ...during, ...after]),
        erased: await erased(platform),
        attempts,
      })
      say(JSON.stringify(results.at(-1)))
    }
  } finally {
    await platform.stop()
    platform.remove()
    await remote.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return results
}

/** Submits MESSAGES to each of the mailboxes, and returns their addresses. */
async function submitAll(platform: TestPlatform, mailboxes: string[]): Promise<string[]> {
  const addresses = mailboxes.flatMap((mailbox) =>
    Array.from({ length: MESSAGES }, (_, index) => `${mailbox}-${index}@remote.test`),
  )
  for (const to of addresses) await platform.submit({ to })
  return addresses
}

function arrived(remote: Receiver, mailbox: string, wanted: number): void {
  const count = remote.mails.filter(({ to }) => to[0]?.startsWith(mailbox) === true).length
  if (count < wanted) throw new Error(`${count} of ${wanted} messages to ${mailbox} arrived`)
}

function mostAttempts(remote: Receiver, mailbox: string): number {
  const steps = remote.steps.filter(({ stage, argument }) => stage === 'rcpt' && argument.startsWith(mailbox))
  return Math.max(0, ...steps.map(({ attempt }) => attempt))
}

function count(remote: Receiver, addresses: string[]) {
  const copies = addresses.map((address) => remote.mails.filter(({ to }) => to.includes(address)).length)
  return {
    accepted: addresses.length,
    delivered: copies.filter((number) => number > 0).length,
    lost: copies.filter((number) => number === 0).length,
    twice: copies.filter((number) => number > 1).length,
    notices: remote.mails.filter(({ from }) => from === '').length,
  }
}

async function erased(platform: TestPlatform): Promise<number> {
  const text = await platform.metrics('notifier')
  return Number(/^postrider_contents_erased_total (\d+)/m.exec(text)?.[1] ?? Number.NaN)
}
