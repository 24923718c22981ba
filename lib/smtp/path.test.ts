import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { addressOf, readPath } from './path.ts'
import type { PathCommand } from './path.ts'
import { RefusalError } from './refusal.ts'

/** The refusal of a command: code, status, reason. */
function refusalOf(run: () => unknown): [number, string, string] | undefined {
  try {
    run()
  } catch (error) {
    assert.ok(error instanceof RefusalError)
    return [error.responseCode, error.status, error.reason]
  }
  return undefined
}

describe('a path is read', () => {
  for (const [line, command, address, parameters] of [
    ['MAIL FROM:<sam@sender.test>', 'MAIL FROM', 'sam@sender.test', []],
    ['MAIL FROM:<>', 'MAIL FROM', '', []],
    ['mail from: < sam@sender.test >', 'MAIL FROM', 'sam@sender.test', []],
    ['MAIL  FROM :<sam@sender.test>', 'MAIL FROM', 'sam@sender.test', []],
    ['RCPT TO:<@a.test,@b.test:kim@remote.test>', 'RCPT TO', 'kim@remote.test', []],
    ['RCPT TO:<"a>b"@remote.test>', 'RCPT TO', '"a>b"@remote.test', []],
    ['RCPT TO:<"a\\">b"@remote.test>', 'RCPT TO', '"a\\">b"@remote.test', []],
    ['RCPT TO:<"a@b,c@d"@remote.test>', 'RCPT TO', '"a@b,c@d"@remote.test', []],
    [
      'MAIL FROM:<sam@sender.test> size=100  SMTPUTF8\tX-a=b',
      'MAIL FROM',
      'sam@sender.test',
      [
        ['SIZE', '100'],
        ['SMTPUTF8', true],
        ['X-A', 'b'],
      ],
    ],
  ] as const satisfies [string, PathCommand, string, unknown[]][]) {
    test(line, () => {
      const path = readPath(line, command)
      assert.deepEqual([path.address, [...path.parameters]], [address, parameters])
    })
  }
})

describe('a path is refused', () => {
  for (const [line, command, status, reason] of [
    ['MAIL TO:<sam@sender.test>', 'MAIL FROM', '5.1.7', 'sender'],
    ['MAIL FROM:sam@sender.test', 'MAIL FROM', '5.1.7', 'sender'],
    ['RCPT TO:<kim@remote.test', 'RCPT TO', '5.1.3', 'recipient'],
    ['RCPT TO:<<kim@remote.test>>', 'RCPT TO', '5.1.3', 'recipient'],
    ['RCPT TO:<kim<lee@remote.test>', 'RCPT TO', '5.1.3', 'recipient'],
    ['RCPT TO:<"kim>@remote.test>', 'RCPT TO', '5.1.3', 'recipient'],
    ['RCPT TO:<kim@remote.test>,<lee@remote.test>', 'RCPT TO', '5.1.3', 'recipient'],
    ['RCPT TO:<kim@remote.test> <lee@remote.test>', 'RCPT TO', '5.1.3', 'recipient'],
    ['RCPT TO:<kim@remote.test,lee@remote.test>', 'RCPT TO', '5.1.3', 'recipient'],
    ['RCPT TO:<kim@remote.test;lee@remote.test>', 'RCPT TO', '5.1.3', 'recipient'],
    ['RCPT TO:<kim@remote.test>NOTIFY=NEVER', 'RCPT TO', '5.1.3', 'recipient'],
    ['MAIL FROM:<> SIZE=1 size=2', 'MAIL FROM', '5.5.4', 'parameter'],
    ['MAIL FROM:<> SIZE=', 'MAIL FROM', '5.5.4', 'parameter'],
    ['MAIL FROM:<> A=b=c', 'MAIL FROM', '5.5.4', 'parameter'],
    ['MAIL FROM:<> -A', 'MAIL FROM', '5.5.4', 'parameter'],
    ['MAIL FROM:<> A=b\ufffd', 'MAIL FROM', '5.5.4', 'parameter'],
  ] as const satisfies [string, PathCommand, string, string][]) {
    test(line, () =>
      assert.deepEqual(
        refusalOf(() => readPath(line, command)),
        [501, status, reason],
      ),
    )
  }
})

describe('an address', () => {
  test('is normalised', () => {
    assert.equal(addressOf('Sam@SENDER.test', 'MAIL FROM', false), 'Sam@sender.test')
    assert.equal(addressOf('kim@münchen.test', 'RCPT TO', true), 'kim@xn--mnchen-3ya.test')
  })

  test('that is not valid is refused', () => {
    assert.deepEqual(
      refusalOf(() => addressOf('sam', 'MAIL FROM', false)),
      [501, '5.1.7', 'sender'],
    )
    assert.deepEqual(
      refusalOf(() => addressOf('kim@-remote.test', 'RCPT TO', false)),
      [501, '5.1.3', 'recipient'],
    )
  })

  test('outside ASCII requires SMTPUTF8, and the refusal says how to do without it where only the domain needs it', () => {
    for (const address of ['kim@münchen.test', 'jörg@remote.test']) {
      assert.deepEqual(
        refusalOf(() => addressOf(address, 'RCPT TO', false)),
        [553, '5.6.7', 'recipient'],
      )
    }
    assert.throws(() => addressOf('kim@münchen.test', 'RCPT TO', false), /xn--/)
    assert.throws(
      () => addressOf('jörg@remote.test', 'RCPT TO', false),
      (error: Error) => !error.message.includes('xn--'),
    )
  })

  test('of any length makes a reply of one line', () => {
    assert.throws(
      () => addressOf('a'.repeat(2000), 'RCPT TO', false),
      (error: Error) => error.message.length < 500,
    )
  })
})
