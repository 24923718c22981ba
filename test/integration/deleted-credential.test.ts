import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { startPlatform } from '../support/platform.ts'
import type { TestPlatform } from '../support/platform.ts'
import { openSmtp } from '../support/raw-smtp.ts'
import type { RawSmtp } from '../support/raw-smtp.ts'
import { startReceiver } from '../support/receiver/receiver.ts'
import type { Receiver } from '../support/receiver/receiver.ts'
import { credential } from '../support/manifest.ts'

describe('a credential that is deleted', () => {
  let remote: Receiver
  let platform: TestPlatform
  before(async () => {
    remote = await startReceiver()
    platform = await startPlatform({ routeTo: remote })
    await make()
  })
  after(async () => {
    await platform.stop()
    platform.remove()
    await remote.close()
  })

  const FILE = 'leaving.yaml'
  async function make(): Promise<void> {
    platform.write(FILE, [credential('leaving')])
    await eventually(async () => (await login('leaving')).close())
  }

  async function login(name: 'leaving' | 'app'): Promise<RawSmtp> {
    const { password } = platform.credentialOf(name)
    const smtp = await openSmtp({ port: platform.ports.submissions, tls: true })
    await smtp.command('EHLO client.test')
    const secret = Buffer.from(`\0${name}@sender.test\0${password}`).toString('base64')
    assert.match(await smtp.command(`AUTH PLAIN ${secret}`), /^235 /)
    return smtp
  }

  test('ends its sessions with 421, and no others; who is in the middle of a message has an answer first', async () => {
    const idle = await login('leaving')
    const other = await login('app')
    const busy = await login('leaving')
    await busy.command('MAIL FROM:<leaving@sender.test>')
    await busy.command('RCPT TO:<someone@remote.test>')
    assert.match(await busy.command('DATA'), /^354 /)

    platform.write(FILE, [])
    assert.match(await idle.reply(), /^421 4\.7\.0 your credential is no longer valid/)
    await eventually(() => assert.ok(idle.closed))
    assert.ok(!busy.closed)
    busy.write('From: leaving@sender.test\r\n\r\nx\r\n.\r\n')
    assert.match(await busy.reply(), /^530 5\.7\.0 /)
    assert.match(await busy.reply(), /^421 4\.7\.0 /)
    await eventually(() => assert.ok(busy.closed))
    assert.match(await other.command('NOOP'), /^250 /)
    other.close()
  })
})
