import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { normaliseAddress } from './address.ts'
import { fromFault } from './from-fault.ts'
import { addressesOf } from './mailbox.ts'

test('the text names the fault of a From field, and how to fix it', () => {
  const table: [body: string, fault: string | undefined][] = [
    ['Kim <kim@example.org>', undefined],
    ['kim..lee@example.org, Team: a@b.test, "x, y" <c@d.test>;', undefined],
    [
      'App, Inc. <app@example.org>',
      '"App" in the From field is not a full address; put a name that contains a comma in quotation marks: "App, Inc." <app@example.org>',
    ],
    [
      'Doe, Kim, M.D. <app@example.org>',
      '"Doe" in the From field is not a full address; put a name that contains a comma in quotation marks: "Doe, Kim, M.D." <app@example.org>',
    ],
    ['"App <app@example.org>', 'a quotation mark in the From field is not closed'],
    ['App (Inc <app@example.org>', 'a parenthesis in the From field is not closed'],
    ['App <app@example.org', 'an angle bracket in the From field is not closed'],
    ['root', '"root" in the From field is not a full address; write name@domain'],
    ['Cron <root>', '"root" in the From field is not a full address; write name@domain'],
    ['app@', '"app@" in the From field is not a valid address: there is no domain after the @'],
    ['App <>', 'the brackets in the From field are empty; put an address (name@domain) between them'],
    [
      'app@exa mple.org',
      '"app@exa mple.org" in the From field is not a valid address: "exa mple.org" is not a valid domain name',
    ],
    [
      'a b@example.org',
      '"a b@example.org" in the From field is not a valid address: the part before the @ contains a space, which is not allowed without quotes',
    ],
    ['<a@b.test> <c@d.test>', 'the From field is ambiguous; write it as Name <name@domain>'],
    ['victim@example.net:,app@example.org', 'the From field is ambiguous; write it as Name <name@domain>'],
    ['app@example.org\u0007', 'the From field contains a control character; remove it'],
  ]
  for (const [body, fault] of table) assert.equal(fromFault('From', body), fault, body)
})

test('the cost of a hostile From is linear in its length', { timeout: 30_000 }, () => {
  for (const part of ['\\"', '"', '(', '<', 'a,', '"a" '])
    assert.doesNotThrow(() => fromFault('From', `x "${part.repeat(400_000 / part.length)}`))
})

test('a fault is found exactly when an address cannot be read', () => {
  const part = fc.constantFrom('app', '@', 'example.org', '<', '>', '"', '(', ')', ',', ';', ':', ' ', '\\', '.')
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const body = parts.join('')
      const readable = addressesOf(body).every((address) => normaliseAddress(address) !== undefined)
      assert.equal(fromFault('From', body) === undefined, readable)
    }),
    { numRuns: 1000 },
  )
})
