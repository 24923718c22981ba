import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildReport } from './build.ts'
import type { Report, ReportedOutcome } from './report.ts'
import type { ParsedMessage } from '../../../test/support/report/python-email.ts'
import { header, noPython, parseOne } from '../../../test/support/report/python-email.ts'
import { report } from '../../../test/support/report/report.ts'

const [first] = report().outcomes
if (first === undefined) throw new Error('the report has no outcome')

/** Builds a report, and returns its parsed parts by role. */
function read(given: Partial<Report> = {}) {
  const message = parseOne(buildReport(report(given)))
  const [text, status, returned] = message.parts as [ParsedMessage, ParsedMessage, ParsedMessage | undefined]
  const [perMessage, ...recipients] = status.parts as [ParsedMessage, ParsedMessage]
  return { message, text: text.text ?? '', perMessage, recipients, recipient: recipients[0], returned }
}

test(
  'another parser reads a failure notice: addresses, status, reason and the original message',
  { skip: noPython },
  () => {
    const { message, text, perMessage, recipient, returned } = read()
    assert.deepEqual(message.defects, [])
    assert.equal(message.type, 'multipart/report')
    assert.match(header(message, 'Content-Type') ?? '', /report-type=delivery-status/)
    assert.deepEqual(
      ['From', 'To', 'Date', 'Message-ID', 'In-Reply-To', 'References', 'Auto-Submitted'].map((name) =>
        header(message, name),
      ),
      [
        'Mail Delivery System <MAILER-DAEMON@mail.platform.test>',
        '<sam@sender.test>',
        'Mon, 05 Jan 2026 08:32:00 +0000',
        '<notice@mail.platform.test>',
        '<original@sender.test>',
        '<original@sender.test>',
        'auto-replied',
      ],
    )
    assert.deepEqual(perMessage.headers, [
      ['Reporting-MTA', 'dns; mail.platform.test'],
      ['X-Postrider-Queue-Id', '01ORIGINAL'],
      ['Arrival-Date', 'Mon, 05 Jan 2026 08:30:00 +0000'],
    ])
    assert.deepEqual(recipient.headers, [
      ['Final-Recipient', 'rfc822; kim@remote.test'],
      ['Action', 'failed'],
      ['Status', '5.1.1'],
      ['Remote-MTA', 'dns; mx1.remote.test'],
      ['Diagnostic-Code', 'smtp; 550 5.1.1 no such user'],
      ['Last-Attempt-Date', 'Mon, 05 Jan 2026 08:31:00 +0000'],
    ])
    assert.ok(text.includes('kim@remote.test') && text.includes('no such user') && text.includes('mx1.remote.test'))
    assert.equal(returned?.type, 'text/rfc822-headers')
    assert.equal(returned.text, 'From: sam@sender.test\r\nSubject: hello\r\n')
  },
)

test('ENVID and ORCPT of the sender are returned decoded', { skip: noPython }, () => {
  const recipient = { address: 'kim@remote.test', orcpt: 'rfc822;Kim+2BNews@Old.test' }
  const original = { ...report().original, envid: 'order+20+2342', recipients: [recipient] }
  const read_ = read({ original, outcomes: [{ ...first, recipient }] })
  assert.equal(header(read_.perMessage, 'Original-Envelope-Id'), 'order #42')
  assert.equal(header(read_.recipient, 'Original-Recipient'), 'rfc822; Kim+News@Old.test')
})

test('a delayed notice states until when delivery is tried, a failure notice does not', { skip: noPython }, () => {
  const outcomes = [{ ...first, status: '4.4.1', willRetryUntil: Date.UTC(2026, 0, 10) }]
  const delayed = read({ kind: 'delayed', outcomes }).recipient
  assert.equal(header(delayed, 'Action'), 'delayed')
  assert.equal(header(delayed, 'Status'), '4.4.1')
  assert.equal(header(delayed, 'Will-Retry-Until'), 'Sat, 10 Jan 2026 00:00:00 +0000')
  assert.equal(header(read({ outcomes }).recipient, 'Will-Retry-Until'), undefined)
})

test('a status whose class contradicts the action is replaced', { skip: noPython }, () => {
  const status = (kind: Report['kind'], given: string) =>
    header(read({ kind, outcomes: [{ ...first, status: given }] }).recipient, 'Status')
  assert.equal(status('failed', '4.4.7'), '4.4.7')
  assert.equal(status('failed', '2.0.0'), '5.0.0')
  assert.equal(status('delayed', '5.1.1'), '4.0.0')
  assert.equal(status('delivered', 'nonsense'), '2.0.0')
})

test(
  'a delivery to a host without DSN is reported as relayed, to one with DSN as delivered',
  { skip: noPython },
  () => {
    const outcomes = [{ ...first, status: '2.0.0', reply: '250 ok' }]
    assert.equal(header(read({ kind: 'delivered', outcomes }).recipient, 'Action'), 'delivered')
    assert.equal(header(read({ kind: 'delivered', outcomes, relayed: true }).recipient, 'Action'), 'relayed')
  },
)

test('only the reply of a server has the diagnostic type smtp', { skip: noPython }, () => {
  const code = (reply: string) => header(read({ outcomes: [{ ...first, reply }] }).recipient, 'Diagnostic-Code')
  assert.equal(code('550-5.1.1 first\r\n550 5.1.1 last'), 'smtp; 550-5.1.1 first 550 5.1.1 last')
  assert.equal(code('connect ETIMEDOUT 192.0.2.1:25'), 'x-postrider; connect ETIMEDOUT 192.0.2.1:25')
  assert.equal(code(''), undefined)
})

test('each of several recipients has its own fields and its own text', { skip: noPython }, () => {
  const addresses = ['a@one.test', 'b@two.test', 'c@three.test']
  const outcomes = addresses.map((address, at) => ({ ...first, recipient: { address }, reply: `550 not ${at}` }))
  const { recipients, text } = read({ outcomes })
  assert.deepEqual(
    recipients.map((one) => header(one, 'Final-Recipient')),
    addresses.map((address) => `rfc822; ${address}`),
  )
  for (const [at, address] of addresses.entries()) assert.match(text, new RegExp(`<${address}>[^<]*550 not ${at}`))
})

test('recipients with the same outcome are reported together', { skip: noPython }, () => {
  const addresses = ['a@remote.test', 'b@remote.test', 'c@remote.test']
  const outcomes = addresses.map((address, at): ReportedOutcome => ({
    ...first,
    recipient: { address },
    reply: at < 2 ? `550 5.1.1 <${address}>: unknown` : '550 5.2.1 closed',
    category: at < 2 ? 'unknown-user' : 'mailbox-disabled',
  }))
  const { recipients, text } = read({ outcomes })
  assert.equal(recipients.length, 3)
  assert.match(
    text,
    /<a@remote\.test>\r\n<b@remote\.test>\r\n {4}There is no mailbox with this name\.[^]*said: 550 5\.1\.1 <recipient's address>: unknown/,
  )
  assert.match(text, /<c@remote\.test>\r\n {4}The mailbox exists/)
})

test('an outcome that this platform determined itself is not attributed to a server', { skip: noPython }, () => {
  const reply = '550 5.1.2 the domain remote.test does not exist'
  const { text, recipient } = read({
    outcomes: [{ ...first, reply, status: '5.1.2', category: 'bad-destination-host', ours: true }],
  })
  assert.equal(header(recipient, 'Diagnostic-Code'), 'x-postrider; the domain remote.test does not exist')
  assert.match(text, /Details: the domain remote\.test does not exist/)
  assert.doesNotMatch(text, / said/)
})

test('the text names the subject and the time of acceptance', { skip: noPython }, () => {
  const headers = Buffer.from('Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n')
  const { text, message } = read({ returned: { headers } })
  assert.ok(Buffer.from(text, 'latin1').toString().includes('Subject: Grüße'))
  assert.match(header(message, 'Subject') ?? '', /^Your message could not be delivered: =\?UTF-8\?B\?\S+\?=$/)
  assert.equal(header(read().message, 'Subject'), 'Your message could not be delivered: hello')
  assert.match(text.replace(/\s+/g, ' '), /Received from you: Mon, 05 Jan 2026 08:30:00 UTC \(queue ID 01ORIGINAL\)/)
})

test('addresses that are not ASCII are reported in the 7-bit form of RFC 6533', { skip: noPython }, () => {
  const recipient = { address: 'ёлка+1@remote.test', orcpt: 'utf-8;\\x{451}лка@remote.test' }
  const { message, recipient: fields, text } = read({ to: 'müller@sender.test', outcomes: [{ ...first, recipient }] })
  assert.equal(header(fields, 'Final-Recipient'), 'utf-8; \\x{451}\\x{43B}\\x{43A}\\x{430}\\x{2B}1@remote.test')
  assert.equal(header(fields, 'Original-Recipient'), 'utf-8; \\x{451}\\x{43B}\\x{43A}\\x{430}@remote.test')
  assert.match(header(message, 'To') ?? '', /^=\?UTF-8\?B\?\S+\?= :;$/)
  assert.ok(Buffer.from(text, 'latin1').toString().includes('ёлка+1@remote.test'))
})

test('a message whose content is gone is reported without it', { skip: noPython }, () => {
  assert.equal(read({ returned: { headers: Buffer.alloc(0) } }).message.parts.length, 2)
  assert.equal(read({ returned: { full: Buffer.alloc(0) } }).message.parts.length, 2)
})

test(
  'headers that end with a blank line, or are followed by a body, are returned as headers only',
  { skip: noPython },
  () => {
    for (const headers of ['A: 1\r\nB: 2\r\n\r\n', 'A: 1\r\nB: 2\r\n\r\nbody\r\n', 'A: 1\nB: 2']) {
      assert.equal(read({ returned: { headers: Buffer.from(headers) } }).returned?.text?.trimEnd(), 'A: 1\r\nB: 2')
    }
  },
)

test('the same report is the same message, octet by octet', () => {
  assert.deepEqual(buildReport(report()), buildReport(report()))
})

test('the text promises a failure notice only if one will be sent', { skip: noPython }, () => {
  const delayed = (notify: ('DELAY' | 'FAILURE')[]) =>
    read({ kind: 'delayed', outcomes: [{ ...first, recipient: { address: 'kim@remote.test', notify } }] }).text
  assert.notEqual(delayed(['DELAY', 'FAILURE']), delayed(['DELAY']))
})

test('the text shows a reply of several lines as one line', { skip: noPython }, () => {
  const { text } = read({ outcomes: [{ ...first, reply: '550-5.7.1 not\r\n550-5.7.1 from\r\n550 5.7.1 here' }] })
  assert.ok(text.includes('550-5.7.1 not from here'))
})
