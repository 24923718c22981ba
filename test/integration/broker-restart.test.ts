import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { startPlatform } from '../support/platform.ts'
import type { TestPlatform } from '../support/platform.ts'
import { openSmtp } from '../support/raw-smtp.ts'
import { startReceiver } from '../support/receiver/receiver.ts'
import type { Receiver } from '../support/receiver/receiver.ts'
import { credential } from '../support/manifest.ts'

/** What the services hear from the broker, its client notices only after half a minute of silence that it no longer hears. */
const SOON_MS = 20_000

describe('when the broker was killed', () => {
  let remote: Receiver
  let platform: TestPlatform
  before(async () => {
    remote = await startReceiver({
      script: ({ stage, argument: address }) =>
        stage === 'rcpt' && address.startsWith('nobody') ? '550 5.1.1 no such user' : undefined,
    })
    platform = await startPlatform({ routeTo: remote })
    // Twice: after the first time the client's consumers are new ones with a life of their own.
    for (let time = 0; time < 2; time++) {
      for (let count = 0; count < 20; count++) await platform.submit({ to: 'kim@remote.test' })
      const { broker } = await platform.pids()
      assert.ok(broker !== undefined)
      process.kill(broker, 'SIGKILL')
      await eventually(() => platform.submit({ to: 'kim@remote.test' }), SOON_MS)
    }
  })
  after(async () => {
    await platform.stop()
    platform.remove()
    await remote.close()
  })

  test('the message log soon follows again, and a bounce soon has its notice', async () => {
    const id = await eventually(() => platform.submit({ to: 'nobody@remote.test' }), SOON_MS)
    await eventually(async () => {
      const { recipients } = await platform.message(id)
      assert.equal(recipients[0]?.state, 'failed')
    }, SOON_MS)
    await eventually(() => assert.match(remote.mails.at(-1)?.content ?? '', /Subject: .*ot.*delivered/i), SOON_MS)
  })

  test('a new credential is soon known', async () => {
    platform.write('extra.yaml', [credential('extra')])
    const file = join(platform.state, 'credentials', 'default.extra.json')
    const { password } = await eventually(() => JSON.parse(readFileSync(file, 'utf8')) as { password: string })
    const auth = Buffer.from(`\0extra@sender.test\0${password}`).toString('base64')
    const session = await openSmtp({ port: platform.ports.submissions, tls: true, caFile: platform.caFile })
    await session.command('EHLO client.test')
    await eventually(async () => assert.match(await session.command(`AUTH PLAIN ${auth}`), /^235 /), SOON_MS)
    session.close()
  })
})
