import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CATEGORIES } from '@postrider/reply/category'
import type { Category, Stage } from '@postrider/reply/category'
import { getBounceInfo } from '@postrider/reply/classify'
import { tallyOf } from './tally.ts'

const counts = (category: Category): string => {
  const { bounced = 0, spam = 0 } = tallyOf('failed', category) ?? {}
  return bounced > 0 ? 'as a bounce' : spam > 0 ? 'as spam' : 'not'
}

test('only what is about the existence of the recipient, or about the content, counts against the sender', () => {
  const counted = CATEGORIES.filter((category) => counts(category) !== 'not')
  assert.deepEqual(counted, ['unknown-user', 'mailbox-disabled', 'bad-destination-host', 'spam-content', 'virus'])
})

/** Replies about something else, with words or codes that could be misread. */
const OTHERS: [response: string, stage: Stage][] = [
  ['550 account setup pending, see http://help.example.org/spam-and-viruses', 'rcpt'],
  ['554 Transaction refused http://remote.test/virus-info', 'final'],
  ['554 mailcleaner-spam1.remote.test: delivery refused', 'final'],
  ['550 HELO does not match', 'rcpt'],
  ['550 System error', 'rcpt'],
  ['550 Go away', 'rcpt'],
  ['550 Your IP has no valid hostname', 'rcpt'],
  ['550 Please turn on SMTP Authentication in your mail client', 'rcpt'],
  ['550 Mailing list closed', 'rcpt'],
  ['550 5.2.0 sender rejected', 'mail'],
  ['552 5.2.0 abc AUP#BL', 'final'],
  ['554 5.2.0 STOREDRV.Deliver: message could not be stored', 'final'],
  ['550 5.1.0 sender address rejected', 'mail'],
  ['550 5.7.1 Blocked by SpamRATS', 'rcpt'],
  ['550 5.7.1 Su servidor figura en la lista negra', 'rcpt'],
  ['421 4.7.28 Gmail has detected an unusual rate of unsolicited mail', 'final'],
]

test('words of URLs and host names, a bare 550 with other words, x.2.0 after RCPT and lists do not count', () => {
  for (const [response, stage] of OTHERS) {
    const { category } = getBounceInfo({ response, stage })
    assert.equal(counts(category), 'not', `${response}: ${category}`)
  }
})

test('replies about the recipient or the content count', () => {
  const spoken: [response: string, stage: Stage, counted: string][] = [
    ['550', 'rcpt', 'as a bounce'],
    ['550 <kim@remote.test>... not taken', 'rcpt', 'as a bounce'],
    ['550 5.1.1 unknown recipient (virus-scan1.remote.test)', 'rcpt', 'as a bounce'],
    ['550 account is suspended. http://help.remote.test/spam-and-viruses', 'rcpt', 'as a bounce'],
    ['554 5.7.1 message looks like spam', 'final', 'as spam'],
    ['554 Eicar-Test-Signature found', 'final', 'as spam'],
  ]
  for (const [response, stage, counted] of spoken)
    assert.equal(counts(getBounceInfo({ response, stage }).category), counted, response)
})
