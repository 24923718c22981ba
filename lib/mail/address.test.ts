import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isAddressLiteral, matchesSender, normaliseAddress, normaliseDomain } from './address.ts'
import { addressesOf } from './mailbox.ts'

test('an address is normalised to a domain in lower-case A-labels and an unchanged local part', () => {
  const table: [string, string | undefined][] = [
    ['Kim@EXAMPLE.org', 'Kim@example.org'],
    ['kim@m\u00fcnchen.example', 'kim@xn--mnchen-3ya.example'],
    ['k\u00efm@example.org', 'k\u00efm@example.org'],
    ['"a b"@example.org', '"a b"@example.org'],
    ['"a@b"@example.org', '"a@b"@example.org'],
    ['"a\\"b"@example.org', '"a\\"b"@example.org'],
    ['kim+tag=x@example.org', 'kim+tag=x@example.org'],
    ['kim@[192.0.2.1]', 'kim@[192.0.2.1]'],
    ['kim@[IPv6:2001:db8::1]', 'kim@[IPv6:2001:db8::1]'],
    ['kim@localhost', 'kim@localhost'],
    [`${'a'.repeat(64)}@example.org`, `${'a'.repeat(64)}@example.org`],
    [`reply+${'a'.repeat(90)}@reply.github.test`, `reply+${'a'.repeat(90)}@reply.github.test`],
    [`${'\u00e4'.repeat(33)}@example.org`, `${'\u00e4'.repeat(33)}@example.org`],
    [`${'a'.repeat(500)}@example.org`, `${'a'.repeat(500)}@example.org`],
    [`${'a'.repeat(501)}@example.org`, undefined],
    ['kim..lee@docomo.example', '"kim..lee"@docomo.example'],
    ['.kim@a.org', '".kim"@a.org'],
    ['kim.@a.org', '"kim."@a.org'],
    ['kim@example.org.', 'kim@example.org'],
    ['kim@M\u00dcNCHEN.example', 'kim@xn--mnchen-3ya.example'],
    ['kim@stra\u00dfe.example', 'kim@xn--strae-oqa.example'],
    [`a@${'a.'.repeat(126)}de`, undefined],
    [`a@${'a'.repeat(64)}.org`, undefined],
    ...[
      ['', '@', 'kim', '@example.org', 'kim@', 'kim@example.org..', 'kim@example..org', 'kim@-a.org', 'kim@a-.org'],
      ['k..m @a.org', '..,@a.org', 'k m@a.org', 'k@m@a.org', 'k<m@a.org', 'k\\m@a.org', '"k"m@a.org'],
      ['k"m@a.org', '"k@a.org', 'k\u0000m@a.org', '"k\nm"@a.org', 'k\u200bm@a.org', 'k\u202em@a.org', 'k\ud800@a.org'],
      ['a@EXAMPLE.com/x', 'a@EXAMPLE.com?x', 'a@EXAMPLE.com#x', 'a@x%2ecom', 'a@exa\tmple.COM', 'a@m\u00fc/x.com'],
      // Look-alikes that are mapped to another name, and characters that a label must not contain.
      [
        'a@\uff45xample.org',
        'a@example\u3002org',
        'a@ex\u00adample.org',
        'a@\u210bexample.org',
        'a@\u2488com',
        'a@\u200dx.org',
      ],
      ['a@1.2.3.4', 'a@\uff11.2.3.4', 'a@[1.2.3]', 'a@[....]', 'a@[IPv6:::::]', 'a@[2001:db8::1]', 'a@[1.2.3.4].org'],
    ]
      .flat()
      .map((address): [string, undefined] => [address, undefined]),
  ]
  for (const [address, wanted] of table) assert.equal(normaliseAddress(address), wanted, JSON.stringify(address))
})

test('a local part in UTF-8 must be allowed; a domain in UTF-8 need not be, since it has an ASCII form', () => {
  assert.equal(normaliseAddress('k\u00efm@example.org', { utf8: false }), undefined)
  assert.equal(normaliseAddress('kim@m\u00fcnchen.example', { utf8: false }), 'kim@xn--mnchen-3ya.example')
})

test('address literals are recognized by what is in the brackets', () => {
  assert.ok(isAddressLiteral('[192.0.2.1]') && isAddressLiteral('[ipv6:::1]'))
  assert.ok(!isAddressLiteral('192.0.2.1') && !isAddressLiteral('[example.org]') && !isAddressLiteral('[256.0.2.1]'))
})

test('a sender pattern is one address or all of one domain, never more', () => {
  const matches = (pattern: string, address: string) => matchesSender([pattern], address)
  assert.ok(matches('Kim@example.org', 'kim@EXAMPLE.org'))
  assert.ok(matches('*@Example.org', 'anybody@example.org'))
  assert.ok(!matches('*@example.org', 'kim@mail.example.org'))
  assert.ok(!matches('*@example.org', 'kim@notexample.org'))
  assert.ok(!matches('*@example.org', 'kim@EXAMPLE.org/x'))
  assert.ok(!matches('k*@example.org', 'kim@example.org'))
  assert.ok(!matches('kim@example.org', '\u212aim@example.org'), 'the Kelvin sign is not a k')
  assert.ok(!matchesSender([], 'kim@example.org') && !matches('*@', '') && !matches('*', 'kim@example.org'))
})

test('the addresses of a From field are found in all its forms', () => {
  const table: [string, string[]][] = [
    ['kim@example.org', ['kim@example.org']],
    ['Kim <kim@example.org>', ['kim@example.org']],
    ['"Doe, Kim (home) <x>" <kim@example.org>', ['kim@example.org']],
    ['"a \\" <b@c>" <kim@example.org>', ['kim@example.org']],
    ['kim@example.org (Kim (home), \\) here)', ['kim@example.org']],
    ['=?utf-8?Q?K=C3=AFm?= <kim@example.org>', ['kim@example.org']],
    ['K\u00efm <k\u00efm@m\u00fcnchen.example>', ['k\u00efm@m\u00fcnchen.example']],
    ['kim@example.org <Kim@example.org>', ['Kim@example.org']],
    ['"victim@example.net" <kim@example.org>', ['kim@example.org']],
    ['a@b.c, D <d@e.f> , "g h"@i.j', ['a@b.c', 'd@e.f', '"g h"@i.j']],
    ['Team: a@b.c, D <d@e.f>;', ['a@b.c', 'd@e.f']],
    ['App: Alerts <a@b.c>', ['a@b.c']],
    ['a@b.c; d@e.f', ['a@b.c', 'd@e.f']],
    ['=?a.?a.a@b.c', ['=?a.?a.a@b.c']],
    ['nobody:;', []],
    [' , ,', []],
  ]
  for (const [body, wanted] of table) assert.deepEqual(addressesOf(body), wanted, body)
})

/** Some mail reader shows `victim@example.net` for each of them; after "Weak Links in Authentication Chains" (USENIX 2021). */
test('no way of writing From gets a foreign address past the check', () => {
  const tricks = [
    '<me@example.org> victim@example.net',
    '<me@example.org><victim@example.net>',
    'victim@example.net <me@example.org>',
    'victim@example.net, <me@example.org>',
    '<victim@example.net>, me@example.org',
    '<victim@example.net>: me@example.org',
    'victim@example.net: me@example.org',
    '"victim@example.net": me@example.org;',
    'victim@example.net:,me@example.org',
    'me@example.org, victim@example.net:;',
    '<@victim@example.net:me@example.org>',
    '<@example.net,@victim.example.net:me@example.org>',
    'victim@example.net(me@example.org',
    'me@example.org(<victim@example.net>)',
    'me@example.org (, <victim@example.net>',
    'me@example.org <victim@example.net',
    '"me@example.org <victim@example.net>',
    '<victim@example.net(comment)me@example.org>',
    'victim@example.net\\,me@example.org',
    'victim@example.net\u0001<me@example.org>',
    '=?utf-8?Q?victim=40example.net=3E?=@example.org',
    '<=?utf-8?B?dmljdGltQGV4YW1wbGUubmV0?=@example.org>',
    '=?utf-8?q?victim=40example.net=3E@example.org',
    '"victim@example.net"@example.org',
    '"<victim@example.net>,"@example.org',
    'me@example.org@victim@example.net',
    '<me@example.org>;victim@example.net',
    'victim@example.net\u00a0<me@example.org>',
  ]
  for (const trick of tricks) {
    const addresses = addressesOf(trick)
    assert.ok(addresses.length > 0, trick)
    assert.ok(!addresses.every((address) => matchesSender(['*@example.org'], address)), trick)
  }
})

const special = fc.constantFrom('<', '>', '"', '(', ')', ',', ';', ':', '\\', '@', ' ', '\t', '.', '=?', '?=')
const atom = fc.constantFrom('me@example.org', 'victim@example.net', 'me', 'victim', 'example.org', 'example.net')

test('a list that passes the check has no foreign address outside quotes and comments', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(special, atom, fc.string({ maxLength: 3 })), { maxLength: 14 }), (parts) => {
      const body = parts.join('')
      const addresses = addressesOf(body)
      if (addresses.length === 0 || !addresses.every((address) => matchesSender(['*@example.org'], address))) return
      const shown = body.replace(/"(?:[^"\\]|\\[^])*"|=\?[^?\s]*\?[^?\s]*\?[^?\s]*\?=/g, '')
      // Comments may name an address, but not in brackets.
      if (!shown.includes('(')) assert.ok(!shown.includes('@example.net'), body)
      assert.doesNotMatch(shown, /<[^>]*victim@example\.net/)
    }),
    { numRuns: 1000 },
  )
})

test('a normalised address stays unchanged, and no text makes the functions throw', () => {
  fc.assert(
    fc.property(fc.oneof(fc.emailAddress(), fc.string({ unit: 'binary' }), fc.string()), (text) => {
      addressesOf(text)
      normaliseDomain(text)
      const normal = normaliseAddress(text)
      if (normal === undefined) return
      assert.equal(normaliseAddress(normal), normal)
      assert.ok(Buffer.byteLength(normal) <= 512)
      assert.doesNotMatch(normal, /[\r\n\0]/)
    }),
    { numRuns: 1000 },
  )
})

// Encoded words are refused on purpose, see the tricks above.
const address = fc.emailAddress().filter((text) => !/=\?[^?]*\?[bq]\?/i.test(text))

test('generated addresses survive a display name in front of them', () => {
  fc.assert(
    fc.property(address, fc.string({ unit: 'binary-ascii' }), (address, name) => {
      const quoted = `"${name.replace(/[^ -~]/g, '').replace(/["\\]/g, '\\$&')}"`
      assert.deepEqual(addressesOf(`${quoted} <${address}>, ${address}`), [address, address])
    }),
  )
})
