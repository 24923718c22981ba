import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { startPlatform } from '../support/platform.ts'
import type { TestPlatform } from '../support/platform.ts'
import { startReceiver } from '../support/receiver/receiver.ts'
import type { Receiver } from '../support/receiver/receiver.ts'
import type { Transaction } from '../support/receiver/transaction.ts'
import { dkimpyMissing, verifyDkim } from '../support/verify-dkim.ts'
import { manifest } from '../support/manifest.ts'

const skip = dkimpyMissing()

let remote: Receiver
let platform: TestPlatform

before(async () => {
  if (skip !== false) return
  remote = await startReceiver({
    script: ({ stage, argument }) =>
      stage === 'rcpt' && argument.startsWith('nobody') ? '550 5.1.1 no such user here' : undefined,
  })
  platform = await startPlatform({
    routeTo: remote,
    domain: { allowedSenders: ['*@sender.test', '*@brand.test', '*@elsewhere.test'] },
    documents: [
      manifest('Domain', 'brand', { domainName: 'brand.test' }),
      manifest('SenderAddress', 'boss', { address: 'boss@mailbox.test', domainRef: { name: 'sender' } }),
    ],
  })
})
after(async () => {
  if (skip !== false) return
  await platform.stop()
  platform.remove()
  await remote.close()
})

/** The domains that signed the first mail which `wanted` finds; each signature must be valid. */
async function signersOf(wanted: (mail: Transaction) => boolean): Promise<string[]> {
  const mail = await eventually(() => {
    const found = remote.mails.find(wanted)
    assert.ok(found)
    return found
  }, 30_000)
  const verdicts = verifyDkim(mail.content, platform.state)
  for (const { selector, valid } of verdicts) assert.ok(valid, selector)
  return [...new Set(verdicts.map(({ domain }) => domain))]
}

test('mail is signed for the domain of its From address when the platform has keys for it', { skip }, async () => {
  await platform.submit({ from: 'news@brand.test', to: 'kim@brand-reader.test' })
  assert.deepEqual(await signersOf(({ to }) => to.includes('kim@brand-reader.test')), ['brand.test'])
  await platform.submit({ from: 'news@elsewhere.test', to: 'lee@reader.test' })
  assert.deepEqual(await signersOf(({ to }) => to.includes('lee@reader.test')), ['sender.test'])
})

test('a failure notice is signed for the domain of the platform', { skip }, async () => {
  await platform.submit({ to: 'nobody@reader.test' })
  assert.deepEqual(await signersOf(({ from, to }) => from === '' && to.includes('app@sender.test')), ['sender.test'])
})

test('the mail with a verification code is signed for the domain of the platform', { skip }, async () => {
  assert.deepEqual(await signersOf(({ to }) => to.includes('boss@mailbox.test')), ['sender.test'])
})
