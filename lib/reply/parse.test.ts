import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parseReply } from './parse.ts'

const cases: [reply: string, code: number | null, enhanced: string | null, text: string][] = [
  ['550 5.1.1 User unknown', 550, '5.1.1', 'User unknown'],
  ['550-5.1.1 no\r\n550 5.1.1 such user\r\n', 550, '5.1.1', 'no such user'],
  ['550-first\n550-second\n550 third', 550, null, 'first second third'],
  ['550 #5.1.0 Address rejected.', 550, '5.1.0', 'Address rejected.'],
  ['553 sorry, no mailbox here by that name (#5.7.1)', 553, '5.7.1', 'sorry, no mailbox here by that name (#5.7.1)'],
  ['554: 5.7.1: denied', 554, '5.7.1', 'denied'],
  ['smtp; 550 5.1.1 unknown', 550, '5.1.1', 'unknown'],
  [
    '550 cuda_nsu 5.1.1 <kim@example.org>... User unknown',
    550,
    '5.1.1',
    'cuda_nsu 5.1.1 <kim@example.org>... User unknown',
  ],
  [
    '450 4.1.1 unverified: host a[192.0.2.1] said: 550 5.1.1 no',
    450,
    '4.1.1',
    'unverified: host a[192.0.2.1] said: 550 5.1.1 no',
  ],
  ['host a.example said: 550 5.1.1 no', 550, '5.1.1', 'host a.example said: 550 5.1.1 no'],
  ['450 5.1.1 contradiction', 450, '5.1.1', 'contradiction'],
  ['550 see 4.4.7 of the manual', 550, null, 'see 4.4.7 of the manual'],
  ['5.1.1 User unknown', null, '5.1.1', 'User unknown'],
  ['554 5.7.1.9 is a version', 554, null, '5.7.1.9 is a version'],
  ['203.0.113.5 blocked', null, null, '203.0.113.5 blocked'],
  ['550', 550, null, ''],
  ['User unknown', null, null, 'User unknown'],
  ['', null, null, ''],
  ['421 bell\u0007\tand tab', 421, null, 'bell and tab'],
]

for (const [reply, code, enhanced, text] of cases) {
  test(`parses ${JSON.stringify(reply)}`, () => assert.deepEqual(parseReply(reply), { code, enhanced, text }))
}

test('finds the code and the status that the corpus gives for each reply', () => {
  const lines = readFileSync(new URL('testdata/smtp-responses.jsonl', import.meta.url), 'utf8')
    .trim()
    .split('\n')
  for (const line of lines) {
    const { response, code, enhanced } = JSON.parse(line) as { response: string; code: number; enhanced: string | null }
    const found = parseReply(response)
    assert.equal(found.code, code, response)
    if (enhanced !== null) assert.equal(found.enhanced, enhanced, response)
  }
})
