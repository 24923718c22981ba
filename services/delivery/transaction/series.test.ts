import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Recipient } from '@postrider/mail/envelope'
import { PeerMemory } from './peer-memory.ts'
import type { TransactionOutcome } from './outcome.ts'
import { sendInSeries } from './series.ts'
import type { SeriesOptions, SeriesResult } from './series.ts'
import { envelopeTo } from '../../../test/support/envelope.ts'
import { TIMEOUTS, remotes } from '../../../test/support/receiver/client.ts'
import type { Receiver } from '../../../test/support/receiver/receiver.ts'
import type { Answer, Step } from '../../../test/support/receiver/script.ts'
import { TIME_LIMITS } from './time-limits.ts'

const CONTENT = Buffer.from('Subject: a\r\n\r\nb\r\n')
const addresses = (count: number): string[] => Array.from({ length: count }, (_, index) => `r${index}@remote.test`)

/** Accepts at most `limit` recipients in a transaction, and answers `over` to the others. */
function limitedTo(limit: number, over: Answer): (step: Step) => Answer | undefined {
  let accepted = 0
  return ({ stage }) => {
    if (stage === 'mail') accepted = 0
    if (stage !== 'rcpt') return undefined
    return accepted++ < limit ? undefined : over
  }
}

describe('a series of transactions', () => {
  const { receive: start, open } = remotes()

  async function send(receiver: Receiver, to: string[], given: Partial<SeriesOptions> = {}): Promise<SeriesResult> {
    const reopen = () => open(receiver)
    return sendInSeries(
      await reopen(),
      { envelope: envelopeTo(to), content: () => CONTENT },
      { timeouts: TIMEOUTS, reopen, messagesPerConnection: 100, peers: new PeerMemory(), ...given },
    )
  }

  const counts = ({ outcome }: SeriesResult): Record<string, number> => {
    const found: Record<string, number> = {}
    for (const { result } of outcome.recipients) found[result] = (found[result] ?? 0) + 1
    return found
  }
  const groups = ({ mails }: Receiver): number[] => mails.map(({ to }) => to.length)

  for (const [name, over] of [
    ['452 4.5.3', '452 4.5.3 Too many recipients'],
    ['a bare 452', '452 later'],
    ['552, which RFC 5321 says to treat as 452', '552 too many recipients'],
    ['451', '451 4.5.3 one recipient at a time'],
  ] as const) {
    test(`delivers to 25 recipients of a server that accepts 10 and sends ${name}`, async () => {
      const receiver = await start({ script: limitedTo(10, over) })
      const sent = await send(receiver, addresses(25))
      assert.deepEqual(counts(sent), { delivered: 25 })
      assert.deepEqual(groups(receiver), [10, 10, 5])
      assert.equal(receiver.connections(), 1)
      assert.deepEqual(new Set(receiver.mails.flatMap(({ to }) => to)), new Set(addresses(25)))
      // 25 at first, then as many as the server accepts.
      assert.equal(receiver.lines.filter((line) => line.startsWith('RCPT')).length, 40)
    })
  }

  test('sends the next message in groups of the remembered size', async () => {
    const receiver = await start({ script: limitedTo(10, '452 4.5.3 Too many recipients') })
    const peers = new PeerMemory()
    await send(receiver, addresses(25), { peers })
    receiver.lines.length = 0
    assert.deepEqual(counts(await send(receiver, addresses(25), { peers })), { delivered: 25 })
    assert.equal(receiver.lines.filter((line) => line.startsWith('RCPT')).length, 25)
  })

  test('groups recipients that cannot be in one transaction, as the server distinguishes them', async () => {
    let region: string | undefined
    const script = ({ stage, argument }: Step): string | undefined => {
      if (stage === 'mail') region = undefined
      if (stage !== 'rcpt') return undefined
      const own = String(Number(/\d+/.exec(argument)?.[0]) % 3)
      region ??= own
      return region === own ? undefined : '452 4.5.3 Recipients belong to multiple regions ATTR38'
    }
    const receiver = await start({ script })
    assert.deepEqual(counts(await send(receiver, addresses(12))), { delivered: 12 })
    assert.deepEqual(groups(receiver), [4, 4, 4])
  })

  test('continues on another connection when the server closes the first', async () => {
    const receiver = await start({
      script: (step) =>
        limited(step) ?? (step.stage === 'final' ? { send: '250 2.0.0 taken', then: 'close' } : undefined),
    })
    const limited = limitedTo(10, '452 4.5.3 Too many recipients')
    assert.deepEqual(counts(await send(receiver, addresses(25))), { delivered: 25 })
    assert.equal(receiver.connections(), 3)
  })

  test('begins with fewer when the server ends the connection for their number', async () => {
    const receiver = await start({ script: limitedTo(10, { send: '421 4.5.3 too many recipients', then: 'close' }) })
    assert.deepEqual(counts(await send(receiver, addresses(25))), { delivered: 25 })
    assert.deepEqual(groups(receiver), [10, 10, 5])
  })

  test('starts again with fewer recipients when the server reports only after the content that there were too many', async () => {
    const script = ({ stage, argument }: Step): string | undefined =>
      stage === 'final' && argument.split(',').length > 6 ? '452 4.5.3 too many recipients' : undefined
    const receiver = await start({ script })
    assert.deepEqual(counts(await send(receiver, addresses(20))), { delivered: 20 })
    assert.deepEqual(groups(receiver), [5, 5, 5, 5])
  })

  test('keeps the reply to each recipient, and ends when no recipient is accepted', async () => {
    const script = ({ stage, argument, time }: Step): string | undefined => {
      if (stage !== 'rcpt') return undefined
      if (argument === 'r0@remote.test') return '550 5.1.1 no'
      if (argument === 'r1@remote.test') return '450 4.2.1 later'
      return time > 4 ? '452 4.5.3 Too many recipients' : undefined
    }
    const receiver = await start({ script })
    const { outcome } = await send(receiver, addresses(6))
    assert.deepEqual(
      outcome.recipients.map(({ reply }) => reply.slice(0, 9)),
      ['550 5.1.1', '450 4.2.1', '250 2.0.0', '250 2.0.0', '452 4.5.3', '452 4.5.3'],
    )
    assert.equal(
      outcome.recipients.some(({ onward }) => onward === true),
      false,
    )
    assert.equal(receiver.mails.length, 1)
  })

  for (const [name, over] of [
    ['a full mailbox', '452 4.2.2 mailbox full'],
    ['a full disk', '452 insufficient system storage'],
    ['an hourly limit', '452 4.5.3 too many recipients this hour'],
    ['something else', '450 4.7.1 try later'],
  ] as const) {
    test(`is one transaction when the reply is about ${name}`, async () => {
      const receiver = await start({ script: limitedTo(2, over) })
      assert.deepEqual(counts(await send(receiver, addresses(5))), { delivered: 2, refused: 3 })
      assert.equal(receiver.lines.filter((line) => line.startsWith('MAIL')).length, 1)
    })
  }

  test('stops when a further transaction gets no reply', async () => {
    let mails = 0
    const limited = limitedTo(2, '452 4.5.3 Too many recipients')
    const script = (step: Step): Answer | undefined =>
      step.stage === 'mail' && ++mails > 1 ? { then: 'abrupt' } : limited(step)
    const receiver = await start({ script })
    const { outcome, begun } = await send(receiver, addresses(6))
    assert.deepEqual(
      outcome.recipients.map(({ result, stage }) => `${result} ${stage}`),
      ['delivered final', 'delivered final', 'failed mail', 'failed mail', 'refused rcpt', 'refused rcpt'],
    )
    // The first transaction took place, so the connection was not closed while it was idle.
    assert.equal(begun, true)
    assert.equal(outcome.ambiguous, undefined)
  })

  test('stores the results of each transaction before the next begins', async () => {
    const receiver = await start({ script: limitedTo(2, '452 4.5.3 Too many recipients') })
    const seen: [taken: number, delivered: number, onward: number][] = []
    const progress = ({ recipients }: TransactionOutcome): Promise<Recipient[]> => {
      const delivered = recipients.filter(({ result }) => result === 'delivered')
      seen.push([receiver.mails.length, delivered.length, recipients.filter(({ onward }) => onward === true).length])
      return Promise.resolve(delivered.map(({ recipient }) => recipient))
    }
    const { outcome } = await send(receiver, addresses(5), { progress })
    assert.deepEqual(seen, [
      [1, 2, 3],
      [2, 2, 1],
    ])
    assert.deepEqual(
      outcome.recipients.map(({ recipient }) => recipient.address),
      ['r4@remote.test'],
    )
  })

  test('gives the commands of further transactions less time than those of the first', async () => {
    const script = (step: Step): Answer | undefined =>
      step.stage === 'mail' && step.time > 1 ? { then: 'hang' } : limited(step)
    const limited = limitedTo(2, '452 4.5.3 Too many recipients')
    const receiver = await start({ script })
    const { outcome } = await send(receiver, addresses(4), { limits: { ...TIME_LIMITS, furtherCommandsMs: 200 } })
    const late = outcome.recipients.filter(({ errorCode }) => errorCode === 'TIMEOUT')
    assert.equal(late.length, 2)
    for (const { reply } of late) assert.match(reply, /for the commands before the content/)
  })

  test('returns the remaining recipients to the queue when its time is over', async () => {
    const receiver = await start({ script: limitedTo(2, '452 4.5.3 Too many recipients') })
    const { outcome } = await send(receiver, addresses(5), { limits: { ...TIME_LIMITS, seriesMs: 0 } })
    assert.deepEqual(
      outcome.recipients.map(({ result, onward = false }) => [result, onward]),
      [
        ['delivered', false],
        ['delivered', false],
        ['refused', true],
        ['refused', true],
        ['refused', true],
      ],
    )
  })
})
