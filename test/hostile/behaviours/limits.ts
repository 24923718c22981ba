import { many } from '../behaviour.ts'
import type { Behaviour } from '../behaviour.ts'
import { fixture } from '../remote/fixture.ts'

const REFUSAL_4KB = Array.from(
  { length: 200 },
  (_, at) => `450${at === 199 ? ' ' : '-'}${'\xfe'.repeat(4000)}\r\n`,
).join('')
const REFUSAL_LINES = Array.from(
  { length: 100 },
  (_, at) => `550${at === 99 ? ' ' : '-'}5.1.1 ${'no such user '.repeat(38)}\r\n`,
)

/** Limits that a remote has, and sizes that it should have had. */
export const LIMITS: Behaviour[] = [
  {
    name: 'ten-at-a-time',
    what: '452 4.5.3 after 10 recipients, of 100',
    hosts: { mx1: fixture('ten-recipients-at-a-time') },
    mails: [{ to: many(100) }],
    wanted: { state: 'delivered', delay: 0 },
    connections: 10,
  },
  {
    name: 'one-region',
    what: 'one recipient a transaction (recipients belong to multiple regions), of 12',
    hosts: { mx1: fixture('one-region-at-a-time') },
    mails: [{ to: many(12) }],
    wanted: { state: 'delivered', delay: 0 },
    connections: 12,
  },
  {
    name: 'limit-552',
    what: '552 5.5.3 after 10 recipients, which means 452 (RFC 5321, 4.5.3.1.10)',
    hosts: { mx1: { rcpt: { limit: 10, over: '552 5.5.3 too many recipients' } } },
    mails: [{ to: many(25) }],
    wanted: { state: 'delivered', delay: 0 },
    connections: 4,
  },
  {
    name: 'limit-421',
    what: '421 and the end after 10 recipients, of 25',
    hosts: {
      mx1: { rcpt: { limit: 10, over: { send: '421 4.5.3 too many recipients', then: 'close' } } },
    },
    mails: [{ to: many(25) }],
    wanted: { state: ['delivered', 'deferred'] },
    slow: true,
  },
  {
    name: 'limit-zero',
    what: '452 4.5.3 to every recipient',
    hosts: { mx1: { rcpt: '452 4.5.3 too many recipients' } },
    mails: [{ to: many(20) }],
    wanted: { state: 'deferred' },
    connections: 20,
  },
  {
    name: 'limit-without-pipelining',
    what: '452 4.5.3 after 10 recipients, and no PIPELINING',
    hosts: { mx1: { ...fixture('ten-recipients-at-a-time'), ehlo: ['250-mx', '250 8BITMIME'] } },
    mails: [{ to: many(30) }],
    wanted: { state: 'delivered', delay: 0 },
    connections: 4,
  },
  {
    name: 'some-greylisted',
    what: '450 to every second recipient, the first time',
    hosts: {
      mx1: {
        connections: [
          { rcpt: { each: ['250 ok', '450 4.2.0 greylisted', '250 ok', '450 4.2.0 greylisted', '250 ok'] } },
        ],
      },
    },
    mails: [{ to: many(4) }],
    wanted: { state: 'delivered', attempts: 3 },
  },
  {
    name: 'size-primary',
    what: 'SIZE too small at the primary, large enough at the backup',
    hosts: { mx1: { ehlo: ['250-mx', '250-PIPELINING', '250 SIZE 10000'] }, mx2: {} },
    mails: [{ octets: 100_000 }],
    wanted: { state: 'delivered', at: ['mx2'] },
  },
  {
    name: 'size-all',
    what: 'SIZE too small at all hosts',
    hosts: {
      mx1: { ehlo: ['250-mx', '250-PIPELINING', '250 SIZE 10000'] },
      mx2: { ehlo: ['250-mx', '250-PIPELINING', '250 SIZE 20000'] },
    },
    mails: [{ octets: 100_000 }],
    wanted: { state: 'failed', status: /^5\.3\.4$/ },
  },
  {
    name: 'endless-banner',
    what: 'a greeting of endless lines',
    hosts: { mx1: { greeting: { send: `220-${'wait '.repeat(100)}`, repeat: 1e6 } } },
    wanted: { state: 'deferred' },
    octets: 4_000_000,
  },
  {
    name: 'slow-endless-banner',
    what: 'a greeting of endless lines, two a second',
    hosts: { mx1: { greeting: { send: '220-one moment please', repeat: 1e6, everyMs: 500 } } },
    wanted: { state: 'deferred' },
    seconds: 60,
    slow: true,
  },
  {
    name: 'endless-line',
    what: 'a greeting of one endless line',
    hosts: { mx1: { greeting: { raw: `220 ${'wait '.repeat(100)}`, repeat: 1e6 } } },
    wanted: { state: 'deferred' },
    octets: 4_000_000,
  },
  {
    name: 'endless-keywords',
    what: 'an EHLO reply of endless keywords',
    hosts: { mx1: { ehlo: { send: `250-X${'Y'.repeat(60)}`, repeat: 1e6 } } },
    wanted: { state: 'deferred' },
    octets: 4_000_000,
  },
  {
    name: 'endless-rcpt',
    what: 'an endless reply to RCPT',
    hosts: { mx1: { rcpt: { send: `250-${'thinking '.repeat(50)}`, repeat: 1e6 } } },
    wanted: { state: 'deferred' },
    octets: 4_000_000,
  },
  {
    name: 'octet-a-second',
    what: 'the greeting at one octet a second',
    hosts: { mx1: { greeting: { send: '220 mx.remote.test ESMTP', dripMs: 1000 } } },
    wanted: { state: 'deferred' },
    slow: true,
  },
  {
    name: 'octet-a-second-final',
    what: 'the reply to the final dot at one octet a second, the first time',
    hosts: { mx1: { connections: [{ final: { raw: '450 4.3.0 wait, please\r\n', dripMs: 1000 } }] } },
    wanted: { state: 'delivered' },
    slow: true,
  },
  {
    name: 'stops-reading',
    what: 'it stops to read when the content begins',
    hosts: { mx1: { content: { then: 'stall' } } },
    mails: [{ octets: 5_000_000 }],
    wanted: { state: 'deferred' },
    slow: true,
  },
  {
    name: 'four-kb-lines',
    what: '200 lines of 4 KB that are no UTF-8, as a 450 to MAIL, 100 recipients',
    hosts: { mx1: { mail: { raw: REFUSAL_4KB } } },
    mails: [{ to: many(100) }],
    wanted: { state: 'deferred' },
  },
  {
    name: 'poison',
    what: '100 lines of 500 octets as a 550 to each of 100 recipients; delivery is killed afterwards; other mail goes on',
    hosts: { mx1: { rcpt: { raw: REFUSAL_LINES.join('') } }, mx2: {} },
    domains: { a: { mx: ['10 mx1'] }, b: { mx: ['10 mx2'] } },
    mails: [
      { to: many(100), wanted: { state: ['failed', 'deferred'] } },
      { to: ['kim@b'], wanted: { state: 'delivered', attempts: 1 } },
    ],
    wanted: { state: 'delivered' },
    killsDelivery: true,
    seconds: 60,
    slow: true,
  },
]
