import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, unlinkSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { TELEMETRY_OFFSETS } from '@postrider/resources/telemetry'
import { eventually } from '../support/eventually.ts'
import { startPlatform } from '../support/platform.ts'
import type { TestPlatform } from '../support/platform.ts'
import { startReceiver } from '../support/receiver/receiver.ts'

/** A disk of its own, small enough to fill. */
function mountDisk(mebibytes: number): { folder: string; remove: () => void } | string {
  if (process.getuid?.() !== 0) return 'needs root, to mount a small file system'
  const folder = mkdtempSync(join(tmpdir(), 'postrider-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', folder], { stdio: 'ignore' })
  } catch {
    rmSync(folder, { recursive: true })
    return 'needs the right to mount a file system'
  }
  const remove = (): void => {
    execFileSync('umount', [folder])
    rmSync(folder, { recursive: true })
  }
  return { folder, remove }
}

/** Takes all that is free, to the last block. */
function fill(file: string): void {
  const handle = openSync(file, 'w')
  try {
    for (const size of [1 << 20, 4096]) {
      const block = Buffer.alloc(size)
      try {
        for (;;) if (writeSync(handle, block) < size) break
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      }
    }
  } finally {
    closeSync(handle)
  }
}

const disk = mountDisk(192)
const skip = typeof disk === 'string' ? disk : false

test(
  'mail that comes while the disk is full is refused for now; nothing that got a 250 is lost',
  { skip },
  async () => {
    if (typeof disk === 'string') return
    const remote = await startReceiver()
    let platform: TestPlatform | undefined
    try {
      const running = (platform = await startPlatform({ routeTo: remote, state: join(disk.folder, 'state') }))
      const accepted: string[] = []
      const refused: number[] = []
      let going = true
      let count = 0
      const client = async (): Promise<void> => {
        while (going) {
          const subject = `disk-${count++}`
          await running.submit({ to: 'kim@remote.test', subject, text: 'x'.repeat(20_000) }).then(
            () => accepted.push(subject),
            async (error: unknown) => {
              refused.push((error as { responseCode?: number }).responseCode ?? 0)
              await pause(50)
            },
          )
        }
      }
      const clients = [client(), client(), client()]
      await eventually(() => assert.ok(accepted.length > 20))
      fill(join(disk.folder, 'ballast'))
      await eventually(() => assert.ok(refused.length > 3), 60_000)
      await eventually(() => assert.match(running.output(), /the disk of .* is full/), 60_000)
      assert.ok(
        refused.every((code) => code >= 400 && code < 500),
        `replies ${[...new Set(refused)].join()}`,
      )
      // What listens still listens, although it can write nothing.
      assert.equal(
        (await fetch(`http://127.0.0.1:${running.ports.telemetry + TELEMETRY_OFFSETS.ingress}/readyz`)).status,
        503,
      )

      unlinkSync(join(disk.folder, 'ballast'))
      const before = accepted.length
      await eventually(() => assert.ok(accepted.length > before + 5), 60_000)
      going = false
      await Promise.all(clients)
      const arrived = () => remote.mails.map(({ content }) => /^Subject: (disk-\d+)\r$/m.exec(content)?.[1] ?? '')
      await eventually(() => {
        const there = new Set(arrived())
        assert.deepEqual(
          accepted.filter((subject) => !there.has(subject)),
          [],
        )
      }, 60_000)
      await eventually(async () => assert.equal((await running.queue()).recipients.length, 0), 60_000)
      await eventually(() => assert.match(running.output(), /the broker can write again/), 60_000)
    } finally {
      await platform?.stop()
      platform?.remove()
      await remote.close()
      disk.remove()
    }
  },
)
