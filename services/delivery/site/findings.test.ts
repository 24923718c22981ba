import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ConnectionBrokenError, SessionRefusedError } from '../transaction/outcome.ts'
import type { RecipientResult } from '../transaction/outcome.ts'
import { findingOf, findingOfError } from './findings.ts'

const recipient = { address: 'kim@remote.test' }
const refused = (reply: string): RecipientResult => ({ recipient, result: 'refused', reply, stage: 'rcpt' })
const delivered: RecipientResult = { recipient, result: 'delivered', reply: '250 2.0.0 ok', stage: 'final' }
const failed: RecipientResult = { recipient, result: 'failed', reply: 'lost', errorCode: 'CLOSED', stage: 'data' }

describe('what a transaction shows about its site', () => {
  const cases: [name: string, results: RecipientResult[], finding: string][] = [
    ['mail that is accepted', [delivered], 'works'],
    ['a mailbox that is full or unknown', [refused('452 4.2.2 full'), refused('550 5.1.1 no such user')], 'works'],
    ['greylisting', [refused('451 4.7.1 Greylisted, try again in 5 minutes')], 'works'],
    ['421', [refused('421 4.3.0 closing')], 'crowded'],
    ['a server that accepts no mail now', [refused('451 4.3.2 not now')], 'crowded'],
    ['too many messages', [refused('450 4.7.0 too many messages, slow down')], 'crowded'],
    ['a lost connection', [failed], 'crowded'],
    [
      'our address on a blocklist',
      [refused('554 5.7.1 Service unavailable; client blocked using Spamhaus')],
      'answered',
    ],
    ['a policy', [refused('450 4.7.1 message refused by local policy')], 'answered'],
    [
      'one recipient that is put off for the rate beside one that is accepted',
      [delivered, refused('421 4.7.0 slow down')],
      'crowded',
    ],
  ]
  for (const [name, recipients, finding] of cases) {
    test(`${name}: ${finding}`, () => assert.equal(findingOf({ recipients }), finding))
  }
})

describe('what a failed connection shows about its site', () => {
  const away = (text: string) =>
    new SessionRefusedError({ code: Number(text.slice(0, 3)), text, lines: [text] }, 'greeting')
  const cases: [name: string, error: ConnectionBrokenError | SessionRefusedError, finding: unknown][] = [
    [
      'a refused connection',
      new ConnectionBrokenError('ECONNREFUSED', 'connect', 'refused'),
      { unreachable: 'refused' },
    ],
    ['a server that is closed', away('554 5.3.2 no service here'), { unreachable: '554 5.3.2 no service here' }],
    ['a server that shuts down', away('421 4.3.2 shutting down'), { unreachable: '421 4.3.2 shutting down' }],
    ['too many connections', away('421 4.7.0 too many concurrent connections from your host'), 'crowded'],
    ['our address on a blocklist', away('554 5.7.1 your IP is listed by Spamhaus'), 'answered'],
  ]
  for (const [name, error, finding] of cases) {
    test(name, () => assert.deepEqual(findingOfError(error), finding))
  }
})
