import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { BadProxyHeaderError, parseProxyHeader } from './proxy-header.ts'

const SIGNATURE = '0d0a0d0a000d0a515549540a'
const v2 = (hex: string): Buffer => Buffer.from(SIGNATURE + hex.replaceAll(' ', ''), 'hex')
const v1 = (line: string): Buffer => Buffer.from(line, 'latin1')

describe('a PROXY header', () => {
  const good: [string, Buffer, string | undefined, number?][] = [
    ['version 1, IPv4', v1('PROXY TCP4 192.0.2.1 198.51.100.1 56324 465\r\nEHLO'), '192.0.2.1', 56324],
    ['version 1, IPv6', v1('PROXY TCP6 2001:DB8::1 2001:db8::2 1 465\r\n'), '2001:db8::1', 1],
    ['version 1, unknown', v1('PROXY UNKNOWN what ever\r\n'), undefined],
    ['version 2, IPv4', v2('21 11 000c c0000201 c6336401 dc04 01d1'), '192.0.2.1', 56324],
    ['version 2, IPv4 with a TLV', v2('21 11 0010 c0000201 c6336401 dc04 01d1 04000100 454845'), '192.0.2.1', 56324],
    [
      'version 2, IPv6',
      v2(`21 21 0024 20010db8${'00'.repeat(11)}01 20010db8${'00'.repeat(11)}02 0001 01d1`),
      '2001:db8::1',
      1,
    ],
    ['version 2, local', v2('20 00 0000'), undefined],
  ]
  for (const [name, octets, address, port] of good) {
    test(`${name}: the client's address is read, also when the header arrives octet by octet`, () => {
      const header = parseProxyHeader(octets)
      assert.equal(header?.source?.address, address)
      assert.equal(header?.source?.port, port)
      const length = header?.length ?? 0
      for (let end = 0; end < length; end++) assert.equal(parseProxyHeader(octets.subarray(0, end)), undefined)
      assert.deepEqual(parseProxyHeader(octets.subarray(0, length)), header)
    })
  }

  const bad: [string, Buffer][] = [
    ['no header', v1('EHLO client.test\r\n')],
    ['a host name instead of an address', v1('PROXY TCP4 localhost 198.51.100.1 1 2\r\n')],
    ['the wrong family', v1('PROXY TCP4 2001:db8::1 198.51.100.1 1 2\r\n')],
    ['a port too high', v1('PROXY TCP4 192.0.2.1 198.51.100.1 65536 2\r\n')],
    ['extra words after the ports', v1('PROXY TCP4 192.0.2.1 198.51.100.1 1 2 3\r\n')],
    ['a line without CRLF', v1(`PROXY UNKNOWN ${'x'.repeat(200)}`)],
    ['an inherited property name as the family', v1('PROXY constructor 192.0.2.1 198.51.100.1 1 2\r\n')],
    ['version 3', v2('31 11 000c c0000201 c6336401 dc04 01d1')],
    ['an unknown command', v2('22 11 000c c0000201 c6336401 dc04 01d1')],
    ['too short for its family', v2('21 11 0004 c0000201')],
    ['UDP', v2('21 12 000c c0000201 c6336401 dc04 01d1')],
    ['more octets than the maximum', v2('21 11 ffff')],
  ]
  for (const [name, octets] of bad) {
    test(`${name} is rejected`, () => assert.throws(() => parseProxyHeader(octets), BadProxyHeaderError))
  }

  test('any input is a header, the beginning of one, or rejected with BadProxyHeaderError', () => {
    const begins = fc.constantFrom(
      Buffer.alloc(0),
      v1('PROXY TCP4 '),
      v1('PROXY '),
      Buffer.from(SIGNATURE, 'hex'),
      v2('2111'),
    )
    fc.assert(
      fc.property(begins, fc.uint8Array({ maxLength: 200 }), (begin, rest) => {
        const octets = Buffer.concat([begin, rest])
        try {
          assert.ok((parseProxyHeader(octets)?.length ?? 0) <= octets.length)
        } catch (error) {
          assert.ok(error instanceof BadProxyHeaderError, String(error))
        }
      }),
      { numRuns: 2000 },
    )
  })
})
