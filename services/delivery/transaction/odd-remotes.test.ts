import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { brokenBounds } from './bounds.ts'
import type { Bound } from './bounds.ts'
import type { SmtpConnection } from './connection.ts'
import { selfSigned } from '../../../test/support/self-signed.ts'
import { envelopeTo } from '../../../test/support/envelope.ts'
import { TIMEOUTS, remotes } from '../../../test/support/receiver/client.ts'
import type { Answer, Stage, Step } from '../../../test/support/receiver/script.ts'
import { TIME_LIMITS } from './time-limits.ts'
import { transact } from './transaction.ts'
import type { Sent, TransactOptions } from './transaction.ts'

const TO = ['kim@remote.test', 'lee@remote.test']
const CONTENT = Buffer.from('Subject: a\r\n\r\nb\r\n')

describe('a remote that is odd', () => {
  const { receive, open } = remotes()
  const send = (connection: SmtpConnection, given: Partial<TransactOptions> = {}, to = TO): Promise<Sent> =>
    transact(connection, { envelope: envelopeTo(to), content: () => CONTENT }, { timeouts: TIMEOUTS, ...given })
  const short = ({ outcome }: Sent): string[] =>
    outcome.recipients.map(({ result, stage, errorCode }) => [result, stage, errorCode].filter(Boolean).join(' '))

  const taken = TO.map(() => 'delivered final')
  const delivered: [what: string, stage: Stage, answer: Answer, offers?: string[]][] = [
    ['sends an empty line behind its greeting', 'greeting', { raw: '220 mx ESMTP\r\n\r\n' }],
    ['greets twice', 'greeting', { raw: '220 mx\r\n220 mx ESMTP\r\n' }, []],
    ['sends an empty line behind its 250', 'final', { raw: '250 queued\r\n\r\n' }],
    ['sends rubbish behind its 250', 'final', { raw: `250 queued\r\n${'rubbish\r\n'.repeat(20)}` }],
    ['sends more than it may behind its 250', 'final', { raw: `250 queued\r\n${'x'.repeat(200_000)}` }],
    ['closes behind its 250', 'final', { send: '250 queued', then: 'close' }],
    ['closes within its 250', 'final', { raw: '250 queu', then: 'close' }],
    ['closes behind a 250 with a colon', 'final', { raw: '250: queued\r\n', then: 'close' }],
    ['sends another 354 before its 250', 'final', { raw: '354 more?\r\n250 queued\r\n' }],
    ['sends 354 twice', 'data', { raw: '354 go\r\n354 go\r\n' }],
    ['answers DATA with another 3xx', 'data', '399 go'],
    ['answers in pieces', 'final', { raw: ['2', '50-a\r', '\n250', ' b\r\n'], everyMs: 5 }],
    ['sends the rest of its 250 line later', 'mail', { raw: ['250 sender', ' ok\r\n'], everyMs: 20 }, []],
  ]
  for (const [what, stage, answer, offers] of delivered) {
    test(`gets its mail once when it ${what}`, async () => {
      const receiver = await receive({ script: { [stage]: answer }, offers })
      const sent = await send(await open(receiver))
      assert.deepEqual(short(sent), taken)
      assert.equal(sent.outcome.ambiguous, undefined)
    })
  }

  const failed: [what: string, stage: Stage, answer: Answer, result: RegExp][] = [
    ['150 to MAIL', 'mail', '150 hm', /^failed mail PROTOCOL/],
    ['354 to RCPT', 'rcpt', '354 hm', /^failed rcpt PROTOCOL/],
    ['650 5.1.1 to RCPT', 'rcpt', '650 5.1.1 unknown', /^failed rcpt PROTOCOL/],
    ['250 to DATA', 'data', '250 ok', /^failed data PROTOCOL/],
    ['250 before the final dot', 'data', { raw: '354 go\r\n250 taken\r\n' }, /^failed content PROTOCOL/],
    ['550 before a 250 line', 'final', { raw: '550 no\r\n250 ok\r\n' }, /^refused final$/],
  ]
  for (const [what, stage, answer, result] of failed) {
    test(`has not accepted the message when it sends ${what}`, async () => {
      for (const offers of [undefined, []]) {
        const receiver = await receive({ script: { [stage]: answer }, offers })
        const sent = await send(await open(receiver))
        for (const line of short(sent)) assert.match(line, result)
        assert.equal(sent.outcome.ambiguous, undefined)
      }
    })
  }

  describe('whose replies do not match the commands of a group', () => {
    const groups: [what: string, script: (step: Step) => Answer | undefined][] = [
      [
        'omits a reply',
        ({ stage }) =>
          stage === 'mail' ? { raw: '' } : stage === 'rcpt' || stage === 'data' ? '503 5.5.1 order' : undefined,
      ],
      [
        'answers MAIL twice, and refuses the last recipient',
        (step) =>
          step.stage === 'mail'
            ? { raw: '250 ok\r\n250 ok\r\n' }
            : step.argument === TO[1]
              ? '550 5.1.1 unknown'
              : undefined,
      ],
      [
        'answers MAIL twice, refuses the recipient in the middle, and is slow to answer DATA',
        ({ stage, argument }) => {
          // The second answer to MAIL is the late one that DATA seems to get.
          if (stage === 'data') return { raw: ['250 ok\r\n', '354 go\r\n'], everyMs: 200 }
          return argument === TO[1] ? '550 5.1.1 unknown' : undefined
        },
      ],
    ]
    for (const [what, script] of groups) {
      test(`refuses no recipient when it ${what}`, async () => {
        const receiver = await receive({ script })
        const sent = await send(await open(receiver), { timeouts: { ...TIMEOUTS, dataMs: 500 } }, [
          ...TO,
          'pat@remote.test',
        ])
        for (const line of short(sent)) assert.match(line, /^failed \w+ PROTOCOL$/)
        assert.deepEqual([sent.outOfStep, sent.reusable, receiver.mails.length], [true, false, 0])
      })
    }
  })

  const floods: [bound: Bound, stage: Stage, answer: Answer][] = [
    ['reply-octets', 'mail', { raw: `250-${'\xff'.repeat(4090)}\r\n`.repeat(200) }],
    ['reply-lines', 'mail', { raw: '250-x\r\n'.repeat(1000) }],
    ['unasked-replies', 'data', { raw: `354 go\r\n${'250 x\r\n'.repeat(300)}` }],
  ]
  for (const [bound, stage, answer] of floods) {
    test(`loses the connection when it breaks the bound on ${bound}, and is counted`, async () => {
      const receiver = await receive({ script: { [stage]: answer } })
      const before = brokenBounds[bound]
      const sent = await send(await open(receiver))
      for (const line of short(sent)) assert.match(line, /^failed \w+ PROTOCOL$/)
      assert.equal(brokenBounds[bound], before + 1)
      for (const { reply } of sent.outcome.recipients) assert.ok(reply.length < 200)
    })
  }

  test('loses the connection when it announces more than 100 extensions', async () => {
    const receiver = await receive({ offers: Array.from({ length: 101 }, (_, index) => `X-${index}`) })
    await assert.rejects(open(receiver), { code: 'PROTOCOL', stage: 'ehlo' })
  })

  test('has no size limit when SIZE has no valid number', async () => {
    for (const [offer, size] of [
      ['SIZE', 0],
      ['SIZE 1e3', 0],
      ['SIZE -1', 0],
      ['SIZE=1000', 1000],
      [`SIZE ${'9'.repeat(20)}`, 1e20],
    ] as const) {
      const { capabilities } = await open(await receive({ offers: [offer] }))
      assert.equal(capabilities.size, size)
    }
  })

  describe('and slow', () => {
    test('has a time for all commands up to the content', async () => {
      const receiver = await receive({ script: { mail: { delayMs: 300 }, rcpt: { delayMs: 300 } } })
      const sent = await send(await open(receiver), { limits: { ...TIME_LIMITS, commandsMs: 150 } })
      for (const line of short(sent)) assert.match(line, /^failed/)
      assert.equal(sent.outcome.ambiguous, undefined)
    })

    test('delivers to those whom it accepted in half of that time, in lock step', async () => {
      const receiver = await receive({ script: { rcpt: { each: [{ delayMs: 1200 }, '250 ok'] } }, offers: [] })
      const sent = await send(await open(receiver), { limits: { ...TIME_LIMITS, commandsMs: 2000 } })
      assert.deepEqual(short(sent).slice(1), ['failed rcpt TIMEOUT'])
      assert.deepEqual([sent.unasked.map(({ address }) => address), sent.taken], [[TO[1]], 1])
    })
  })

  describe('about TLS', async () => {
    const certificate = await selfSigned('mx.test')

    test('gets its mail in clear when it refuses STARTTLS and closes', async () => {
      const script = { starttls: { send: '454 4.7.0 TLS not available', then: 'close' } } as const
      const receiver = await receive({ script, certificate })
      const connection = await open(receiver)
      assert.deepEqual(short(await send(connection)), taken)
      assert.deepEqual([connection.remote.tls, receiver.connections()], [null, 2])
    })

    for (const demand of ['530 5.7.0 Must issue a STARTTLS command first', '550 5.7.10 Encryption needed']) {
      test(`is retried later when TLS failed and it sends ${demand}`, async () => {
        const script = ({ stage, secure }: Step): Answer | undefined => {
          if (stage === 'starttls') return { send: '220 ok', then: 'close' }
          return stage === 'mail' && !secure ? demand : undefined
        }
        const receiver = await receive({ script, certificate })
        const sent = await send(await open(receiver))
        assert.deepEqual(
          short(sent),
          TO.map(() => 'failed starttls TLS'),
        )
        assert.match(sent.outcome.recipients[0]?.reply ?? '', /TLS handshake.*in clear: 5/)
      })
    }

    test('is distinguished from one that never offered TLS, whose demand is final', async () => {
      const receiver = await receive({ script: { mail: '530 5.7.0 Must issue a STARTTLS command first' } })
      assert.deepEqual(
        short(await send(await open(receiver))),
        TO.map(() => 'refused mail'),
      )
    })
  })

  test('is named when it did not let us in', async () => {
    const receiver = await receive({ script: { greeting: '554 no' } })
    await assert.rejects(open(receiver), { remote: { host: 'mx.test', address: receiver.host, tls: null, dsn: false } })
    await receiver.close()
    await assert.rejects(open(receiver), { remote: { host: 'mx.test', address: receiver.host, tls: null, dsn: false } })
  })
})
