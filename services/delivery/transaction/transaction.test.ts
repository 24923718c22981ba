import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { Envelope } from '@postrider/mail/envelope'
import type { TimeoutConfig } from '@postrider/runtime-config/config'
import type { SmtpConnection } from './connection.ts'
import { envelopeTo } from '../../../test/support/envelope.ts'
import { TIMEOUTS, remotes } from '../../../test/support/receiver/client.ts'
import type { Receiver, ReceiverOptions } from '../../../test/support/receiver/receiver.ts'
import { ALL_OFFERS } from '../../../test/support/receiver/server.ts'
import type { Stage, Step } from '../../../test/support/receiver/script.ts'
import { transact } from './transaction.ts'
import type { Sent } from './transaction.ts'

const CONTENT = Buffer.from('Subject: a\r\n\r\n.dot\r\n..\r\nend\r\n')
const TO = ['kim@remote.test', 'lee@remote.test', 'max@remote.test']
const LOCK_STEP = ['8BITMIME', 'SMTPUTF8', 'DSN', 'SIZE 10000000']
const WAYS = { 'in one go': ALL_OFFERS, 'in lock step': LOCK_STEP }

describe('a transaction', () => {
  const { receive, open } = remotes()
  async function start(options: ReceiverOptions = {}): Promise<[Receiver, SmtpConnection]> {
    const receiver = await receive({ offers: ALL_OFFERS, ...options })
    return [receiver, await open(receiver)]
  }

  const send = (
    connection: SmtpConnection,
    given: Partial<Envelope> = {},
    content: AsyncIterable<Buffer> | Buffer = CONTENT,
    timeouts: Partial<TimeoutConfig> = {},
  ): Promise<Sent> =>
    transact(
      connection,
      { envelope: envelopeTo(TO, given), content: () => content },
      { timeouts: { ...TIMEOUTS, ...timeouts } },
    )

  /** Result, stage, and reply or error code of each recipient, and whether the connection can be reused. */
  const short = ({ outcome, reusable }: Sent): [string[], boolean] => [
    outcome.recipients.map(({ result, stage, reply, errorCode }) => `${result} ${stage} ${errorCode ?? reply}`),
    reusable,
  ]

  for (const [way, offers] of Object.entries(WAYS)) {
    describe(way, () => {
      test('delivers one message after the other to all recipients', async () => {
        const [receiver, connection] = await start({ offers })
        for (let count = 1; count <= 3; count++) {
          const sent = await send(connection)
          assert.deepEqual(short(sent), [TO.map(() => 'delivered final 250 2.0.0 taken'), true])
        }
        assert.equal(receiver.connections(), 1)
        assert.deepEqual(
          receiver.mails.map(({ from, to, content }) => [from, to, content]),
          Array.from({ length: 3 }, () => ['sam@sender.test', TO, CONTENT.toString()]),
        )
      })

      test('gives each recipient its own reply', async () => {
        const [receiver, connection] = await start({
          offers,
          script: ({ argument }) => (argument === TO[1] ? '550-5.1.1 no\r\n550 5.1.1 one' : undefined),
        })
        const sent = await send(connection)
        const taken = 'delivered final 250 2.0.0 taken'
        assert.deepEqual(short(sent), [[taken, 'refused rcpt 550 5.1.1 no one', taken], true])
        assert.deepEqual(receiver.mails[0]?.to, [TO[0], TO[2]])
      })

      const refusals: [at: Stage, reply: string, reusable: boolean][] = [
        ['mail', '550 5.7.1 no', true],
        ['mail', '421 4.3.2 closing', false],
        ['rcpt', '450 4.2.0 greylisted', true],
        ['rcpt', '421 4.3.2 closing', false],
        ['data', '451 4.3.0 later', true],
        ['data', '421 4.3.2 closing', false],
        ['final', '554 5.7.1 spam', true],
        ['final', '421 4.3.2 closing', false],
      ]
      for (const [stage, reply, reusable] of refusals) {
        test(`is refused by ${reply} at ${stage}, and the connection ${reusable ? 'can be reused' : 'cannot be reused'}`, async () => {
          let refuse = true
          const script = (step: Step) => (refuse && step.stage === stage ? reply : undefined)
          const [receiver, connection] = await start({ offers, script })
          const sent = await send(connection)
          assert.deepEqual(short(sent), [TO.map(() => `refused ${stage} ${reply}`), reusable])
          assert.equal(sent.outcome.ambiguous, undefined)
          assert.equal(receiver.mails.length, 0)
          if (!reusable) return
          refuse = false
          assert.deepEqual(
            short(await send(connection))[0],
            TO.map(() => 'delivered final 250 2.0.0 taken'),
          )
          assert.equal(receiver.mails.length, 1)
        })
      }

      for (const stage of ['mail', 'rcpt', 'data', 'final'] as const) {
        test(`fails when the connection ends at ${stage}`, async () => {
          const [, connection] = await start({ offers, script: { [stage]: { then: 'abrupt' } } })
          const { outcome, reusable } = await send(connection)
          for (const result of outcome.recipients) {
            assert.deepEqual([result.result, result.stage], ['failed', stage])
            assert.match(result.errorCode ?? '', /^(CLOSED|ECONNRESET|EPIPE)$/)
          }
          assert.equal(reusable, false)
          // Only at this stage may the remote have accepted the message.
          assert.equal(outcome.ambiguous, stage === 'final' ? true : undefined)
        })

        test(`fails when the time for ${stage} is over, and each stage has its own`, async () => {
          const [, connection] = await start({ offers, script: { [stage]: { then: 'hang' } } })
          const sent = await send(connection, {}, CONTENT, { [`${stage}Ms`]: 50 })
          assert.deepEqual(short(sent), [TO.map(() => `failed ${stage} TIMEOUT`), false])
          assert.equal(sent.outcome.ambiguous, stage === 'final' ? true : undefined)
        })
      }

      test('reports a refusal that came just before the connection ended', async () => {
        const after = '421 4.7.0 too much mail from you'
        const [, connection] = await start({ offers, script: { mail: { send: after, then: 'close' } } })
        assert.deepEqual(short(await send(connection)), [TO.map(() => `refused mail ${after}`), false])
      })

      for (const then of ['hang', 'abrupt'] as const) {
        test(`keeps the refusals when RSET is not answered: ${then}`, async () => {
          const [, connection] = await start({ offers, script: { rcpt: '550 5.1.1 no', rset: { then } } })
          const sent = await send(connection, {}, CONTENT, { mailMs: 1500 })
          assert.deepEqual(short(sent), [TO.map(() => 'refused rcpt 550 5.1.1 no'), false])
          assert.equal(sent.outOfStep, false)
        })
      }

      test('keeps the refusals it had when the connection ends later', async () => {
        const script = (step: Step) =>
          step.argument === TO[0] ? '550 5.1.1 no' : step.argument === TO[2] ? { then: 'abrupt' as const } : undefined
        const [, connection] = await start({ offers, script })
        const { outcome } = await send(connection)
        assert.deepEqual(
          outcome.recipients.map(({ result }) => result),
          ['refused', 'failed', 'failed'],
        )
      })
    })
  }

  test('takes two round trips with PIPELINING, with DATA as the last command of the group', async () => {
    const [receiver, connection] = await start()
    await send(connection)
    receiver.groups.length = 0
    await send(connection)
    assert.deepEqual(receiver.groups, [
      ['MAIL FROM:<sam@sender.test> SIZE=100', ...TO.map((address) => `RCPT TO:<${address}>`), 'DATA'],
    ])
  })

  test('ends with a lone dot when nobody was taken and the remote still wants content', async () => {
    const [receiver, connection] = await start({ script: { rcpt: '550 5.1.1 no', data: '354 go on' } })
    const sent = await send(connection)
    assert.deepEqual(short(sent), [TO.map(() => 'refused rcpt 550 5.1.1 no'), true])
    assert.deepEqual(
      receiver.mails.map(({ content }) => content),
      [''],
    )
  })

  test('ends the connection when the sender was refused and the remote still wants content', async () => {
    const [receiver, connection] = await start({ script: { mail: '550 5.7.1 no', data: '354 go on' } })
    assert.deepEqual(short(await send(connection)), [TO.map(() => 'refused mail 550 5.7.1 no'), false])
    assert.equal(receiver.mails.length, 0)
  })

  test('passes on the parameters of the sender if the remote supports them', async () => {
    const wishes: Partial<Envelope> = {
      recipients: [{ address: 'kim@remote.test', notify: ['SUCCESS', 'DELAY'], orcpt: 'rfc822;k@old.test' }],
      ret: 'HDRS',
      envid: 'e+2B1',
      eightBit: true,
      utf8: true,
    }
    const [able, connection] = await start()
    await send(connection, wishes)
    assert.deepEqual(able.lines.slice(1, 3), [
      'MAIL FROM:<sam@sender.test> SIZE=100 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=e+2B1',
      'RCPT TO:<kim@remote.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;k@old.test',
    ])
    const [plain, other] = await start({ offers: [] })
    await send(other, { ...wishes, utf8: false })
    assert.deepEqual(plain.lines.slice(1, 3), ['MAIL FROM:<sam@sender.test>', 'RCPT TO:<kim@remote.test>'])
  })

  test('is not begun when the EHLO reply shows that the remote cannot accept the message', async () => {
    const [receiver, connection] = await start({ offers: ['SIZE 1000'] })
    const large = await send(connection, { size: 1001 })
    assert.match(large.outcome.recipients[0]?.reply ?? '', /^552 5\.3\.4 /)
    const utf8 = await send(connection, { utf8: true })
    assert.match(utf8.outcome.recipients[0]?.reply ?? '', /^550 5\.6\.7 /)
    assert.deepEqual([large.reusable, utf8.reusable], [true, true])
    assert.deepEqual(receiver.lines, ['EHLO mail.test'])
    const [, unlimited] = await start({ offers: ['SIZE 0'] })
    assert.equal(short(await send(unlimited, { size: 50_000_000 }))[1], true)
  })

  test('sends large content completely, in one piece or in many', async () => {
    const large = Buffer.from('.line of the content\r\n'.repeat(30_000))
    async function* pieces() {
      for (let from = 0; from < large.length; from += 9_999) yield large.subarray(from, from + 9_999)
    }
    const [receiver, connection] = await start()
    await send(connection, {}, large)
    await send(connection, {}, pieces())
    assert.deepEqual(
      receiver.mails.map(({ content }) => content === large.toString()),
      [true, true],
    )
  })

  test('stops when the remote refuses in the middle of the content', async () => {
    const [receiver, connection] = await start({ script: { content: '552 5.3.4 too large' } })
    const sent = await send(connection, {}, Buffer.alloc(20_000_000, 'a\r\n'))
    assert.deepEqual(short(sent), [TO.map(() => 'refused content 552 5.3.4 too large'), false])
    assert.equal(receiver.mails.length, 0)
  })

  test('takes no 250 that comes before the final dot for a delivery', async () => {
    const [receiver, connection] = await start({ script: { data: '354 go on\r\n250 2.0.0 taken' } })
    const sent = await send(connection)
    assert.deepEqual(short(sent), [TO.map(() => 'failed content PROTOCOL'), false])
    assert.equal(sent.outcome.ambiguous, undefined)
    assert.equal(receiver.mails.length, 0)
  })

  test('fails when the remote takes nothing in', async () => {
    const [, connection] = await start({ script: { data: { send: '354 go on', then: 'stall' } } })
    const sent = await send(connection, {}, Buffer.alloc(40_000_000, 'a\r\n'), { blockMs: 300 })
    assert.deepEqual(short(sent), [TO.map(() => 'failed content TIMEOUT'), false])
    assert.equal(sent.outcome.ambiguous, undefined)
  })

  test('rejects when the content cannot be read to its end, and sends no final dot', async () => {
    const [receiver, connection] = await start()
    async function* broken() {
      yield CONTENT
      throw new Error('gone')
    }
    await assert.rejects(send(connection, {}, broken()), { message: 'gone' })
    assert.equal(connection.dialogue.usable, false)
    assert.equal(receiver.mails.length, 0)
  })

  test('is not made on a connection that the remote has closed or spoken on meanwhile', async () => {
    for (const final of [{ send: '250 ok', then: 'close' } as const, '250 ok\r\n421 4.4.2 idle']) {
      const [, connection] = await start({ script: { final } })
      const deadline = Date.now() + 10_000
      await send(connection)
      while (connection.dialogue.usable && Date.now() < deadline) await pause(5)
      assert.equal(connection.dialogue.usable, false)
    }
  })
})
