import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Reply } from '@postrider/smtp/reply'
import { envelopeTo } from '../../../test/support/envelope.ts'
import { Results } from './results.ts'
import type { RecipientResult } from './outcome.ts'

const { recipients } = envelopeTo(['kim@remote.test', 'lee@remote.test', 'max@remote.test'])
const [kim, lee, max] = recipients
assert.ok(kim && lee && max)
const reply = (code: number, text: string): Reply => ({ code, text: `${code} ${text}`, lines: [text] })
const short = (results: RecipientResult[]): string[] =>
  results.map(({ recipient, result, stage, errorCode, reply }) =>
    [recipient.address.slice(0, 3), result, stage, errorCode ?? reply].join(' '),
  )

test('each recipient has the first of its results, in the order of the recipients', () => {
  const results = new Results(recipients)
  results.settle([max], { result: 'delivered', reply: '250 ok', stage: 'final' })
  results.refuse([max, kim], reply(550, '5.1.1 no'), 'rcpt')
  assert.deepEqual(results.open, [lee])
  assert.deepEqual(short(results.all('data')), [
    'kim refused rcpt 550 5.1.1 no',
    'lee failed data CLOSED',
    'max delivered final 250 ok',
  ])
})

test('what is neither a success nor a refusal is a failure', () => {
  const results = new Results([kim])
  results.refuse([kim], reply(354, 'go on'), 'rcpt')
  assert.deepEqual(short(results.all('rcpt')), ['kim failed rcpt PROTOCOL'])
})

test('a demand for TLS after a failed handshake is temporary', () => {
  const results = new Results([kim, lee, max])
  results.refuse([kim], reply(530, '5.7.0 must issue STARTTLS first'), 'mail', 'the handshake failed')
  results.refuse([lee], reply(550, '5.1.1 no such user'), 'rcpt', 'the handshake failed')
  results.refuse([max], reply(530, '5.7.0 must issue STARTTLS first'), 'mail')
  assert.deepEqual(short(results.all('mail')), [
    'kim failed starttls TLS',
    'lee refused rcpt 550 5.1.1 no such user',
    'max refused mail 530 5.7.0 must issue STARTTLS first',
  ])
})

test('after replies that do not match the commands no recipient is refused, except by this platform', () => {
  const results = new Results(recipients)
  results.refuse([kim], reply(550, '5.1.1 no'), 'rcpt')
  results.settle([lee], { result: 'refused', reply: '550 5.6.7 no SMTPUTF8', ours: true, stage: 'rcpt' })
  results.doubt('data')
  const all = results.all('data')
  assert.deepEqual(short(all), [
    'kim failed rcpt PROTOCOL',
    'lee refused rcpt 550 5.6.7 no SMTPUTF8',
    'max failed data PROTOCOL',
  ])
  assert.match(all[0]?.reply ?? '', /; it said: 550 5\.1\.1 no$/)
})
