import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { startPlatform } from '../support/platform.ts'
import type { TestPlatform } from '../support/platform.ts'
import { startReceiver } from '../support/receiver/receiver.ts'
import type { Receiver } from '../support/receiver/receiver.ts'

let remote: Receiver
let platform: TestPlatform

before(async () => {
  remote = await startReceiver({
    script: ({ stage, argument, attempt }) => {
      if (stage !== 'rcpt') return undefined
      if (argument.startsWith('full') && attempt < 3) return '452 4.2.2 mailbox full'
      if (argument.startsWith('nobody')) return '550 5.1.1 no such user here'
      return undefined
    },
  })
  platform = await startPlatform({
    routeTo: remote,
    platform: { retry: { firstDelay: '300ms', maxDelay: '1s', lifetime: '1m' } },
  })
})
after(async () => {
  await platform.stop()
  platform.remove()
  await remote.close()
})

const mailTo = (address: string) => remote.mails.filter((mail) => mail.to.includes(address))

test('a message arrives, and its story can be told', async () => {
  const id = await platform.submit({ to: 'kim@remote.test', subject: 'hello' })
  await eventually(() => assert.equal(mailTo('kim@remote.test').length, 1))
  const { content } = mailTo('kim@remote.test')[0] ?? { content: '' }
  assert.match(content, /^DKIM-Signature: /)
  await eventually(async () => {
    const story = await platform.message(id)
    assert.equal(story.recipients[0]?.state, 'delivered')
    assert.equal(story.recipients[0].attempts, 1)
  })
})

test('a mailbox that is full and then has room gets its mail, and no one is notified', async () => {
  const id = await platform.submit({ to: 'full@remote.test' })
  await eventually(() => assert.equal(mailTo('full@remote.test').length, 1))
  await eventually(async () => assert.equal((await platform.message(id)).recipients[0]?.attempts, 3))
  assert.equal(mailTo('app@sender.test').length, 0)
})

test('an unknown user among others bounces alone, to the submitter, from the null sender', async () => {
  const id = await platform.submit({ to: ['nobody@remote.test', 'kim2@remote.test', 'lee@other.test'] })
  await eventually(() => assert.equal(mailTo('app@sender.test').length, 1))
  const notice = mailTo('app@sender.test')[0]
  assert.equal(notice?.from, '')
  assert.match(notice.content, /^Final-Recipient: rfc822; ?nobody@remote\.test\r$/m)
  assert.match(notice.content, /^Status: 5\.1\.1\r$/m)
  assert.match(notice.content, /^Action: failed\r$/m)
  assert.equal(mailTo('kim2@remote.test').length, 1)
  assert.equal(mailTo('lee@other.test').length, 1)
  await eventually(async () => {
    const states = Object.fromEntries((await platform.message(id)).recipients.map((r) => [r.address, r.state]))
    assert.deepEqual(states, {
      'nobody@remote.test': 'failed',
      'kim2@remote.test': 'delivered',
      'lee@other.test': 'delivered',
    })
  })
})
