import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OutcomeCategory } from '@postrider/queue/event'
import fc from 'fast-check'
import { buildReport } from './build.ts'
import type { Report } from './report.ts'
import { header, noPython, parseAll } from '../../../test/support/report/python-email.ts'
import { report } from '../../../test/support/report/report.ts'

/** Text that tries to escape from its field, part or line. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({
    unit: fc.constantFrom('\r', '\n', '\0', '\u2028', ' ', '--', '=_', 'X: y', 'é', '\ud800', '.', '<', '>', '"', ';'),
  }),
  fc.constantFrom(
    '550 a\r\nBcc: x@y.test\r\n\r\n',
    '\r\n.\r\n',
    'a\r\n\r\n--=_\r\n',
    'x'.repeat(5000),
    'é'.repeat(3000),
    ' ',
  ),
)
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((octets) => Buffer.from(octets)),
  hostile.map((text) => Buffer.from(`Subject: ${text}\r\n\r\n${text}\r\n`)),
)
const time = fc.integer({ min: 0, max: 4e12 })
const outcome = fc.record({
  recipient: fc.record({ address: hostile, orcpt: hostile }, { requiredKeys: ['address'] }),
  status: fc.oneof(hostile, fc.constant('4.2.2')),
  reply: hostile,
  remoteMta: hostile,
  // As an event of a later release may contain it.
  category: fc
    .oneof(hostile, fc.constantFrom('policy', '__proto__', 'constructor'))
    .map((text) => text as OutcomeCategory),
  at: time,
  willRetryUntil: time,
  finalLog: hostile,
})
const reports: fc.Arbitrary<Report> = fc
  .record({
    kind: fc.constantFrom('failed', 'delayed', 'delivered'),
    relayed: fc.boolean(),
    to: hostile,
    reportingMta: hostile,
    outcomes: fc.array(outcome, { minLength: 1, maxLength: 4 }),
    returned: fc.oneof(fc.record({ headers: bytes }), fc.record({ full: bytes })),
    original: fc.record({ envid: hostile, messageId: hostile, utf8: fc.boolean(), id: hostile }),
  })
  .map(({ original, ...given }) => report({ ...given, original: { ...report().original, ...original } }))

test('whatever the reply and the message contain, the notice consists of 7-bit lines that end in CRLF', () => {
  fc.assert(
    fc.property(reports, (given) => {
      const built = buildReport(given).toString('latin1')
      assert.ok(built.endsWith('\r\n'))
      for (const line of built.split('\r\n')) assert.match(line, /^[^\r\n\0\x80-\xff]{0,998}$/)
    }),
    { numRuns: 500 },
  )
})

const OF_MESSAGE = ['Reporting-MTA', 'Original-Envelope-Id', 'X-Postrider-Queue-Id', 'Arrival-Date']
const OF_RECIPIENT = [
  ...['Original-Recipient', 'Final-Recipient', 'Action', 'Status', 'Remote-MTA', 'Diagnostic-Code'],
  ...['Last-Attempt-Date', 'Will-Retry-Until', 'Final-Log-ID'],
]
const OF_NOTICE = [
  ...['From', 'To', 'Subject', 'Date', 'Message-ID', 'In-Reply-To', 'References', 'Auto-Submitted'],
  ...['MIME-Version', 'Content-Type'],
]

test(
  'whatever the reply contains, another parser reads no injected field, part or recipient',
  { skip: noPython },
  () => {
    const given = fc.sample(reports, { numRuns: 300, seed: 1 })
    const parsed = parseAll(given.map(buildReport))
    for (const [index, message] of parsed.entries()) {
      const one = given[index] ?? report()
      const names = message.headers.map(([name]) => name)
      assert.deepEqual(
        names,
        OF_NOTICE.filter((name) => names.includes(name)),
      )
      assert.ok(OF_NOTICE.every((name) => names.includes(name) || name === 'In-Reply-To' || name === 'References'))
      assert.deepEqual(message.defects, [])
      const [text, status, returned, ...more] = message.parts
      assert.deepEqual([text?.type, status?.type, more], ['text/plain', 'message/delivery-status', []])
      assert.ok(
        returned === undefined ||
          /^message\/(rfc822|global|global-headers)$|^text\/rfc822-headers$/.test(returned.type),
      )
      const [perMessage, ...recipients] = status?.parts ?? []
      assert.ok(perMessage?.headers.every(([name]) => OF_MESSAGE.includes(name)))
      assert.equal(recipients.length, one.outcomes.length)
      for (const recipient of recipients) {
        const fields = recipient.headers.map(([name]) => name)
        assert.deepEqual(
          fields,
          OF_RECIPIENT.filter((name) => fields.includes(name)),
        )
        for (const name of ['Final-Recipient', 'Action', 'Status']) assert.ok(header(recipient, name))
      }
    }
  },
)
