import { many } from '../behaviour.ts'
import type { Behaviour } from '../behaviour.ts'
import { fixture } from '../remote/fixture.ts'

const DELIVERED = { state: 'delivered', attempts: 1 } as const

/** Replies that break the grammar of RFC 5321, section 4.2, and what Postfix makes of them. */
export const REPLIES: Behaviour[] = [
  {
    name: 'queued-empty-line',
    what: 'an empty line after the 250 to the final dot, in one packet',
    hosts: { mx1: { final: { raw: '250 2.0.0 queued\r\n\r\n' } } },
    wanted: DELIVERED,
  },
  {
    name: 'queued-garbage',
    what: 'a line of garbage after the 250 to the final dot',
    hosts: { mx1: { final: { raw: '250 2.0.0 queued\r\nlet me think about that\r\n' } } },
    wanted: DELIVERED,
  },
  {
    name: 'queued-octets',
    what: 'octets without a line end after the 250 to the final dot',
    hosts: { mx1: { final: { raw: '250 2.0.0 queued\r\n\x00\xff\xfe\x07' } } },
    wanted: DELIVERED,
  },
  {
    name: 'queued-twice',
    what: 'a second 250 after the one to the final dot',
    hosts: { mx1: { final: { raw: '250 2.0.0 queued\r\n250 2.0.0 queued\r\n' } } },
    mails: [{}, {}],
    wanted: DELIVERED,
  },
  {
    name: 'queued-then-421',
    what: '421 after the 250 to the final dot, and the end',
    hosts: { mx1: { final: { raw: '250 2.0.0 queued\r\n421 4.3.2 closing\r\n', then: 'close' } } },
    mails: [{}, {}],
    wanted: DELIVERED,
  },
  {
    name: 'queued-then-550',
    what: '550 after the 250 to the final dot',
    hosts: { mx1: { final: { raw: '250 2.0.0 queued\r\n550 5.7.1 or rather not\r\n' } } },
    wanted: DELIVERED,
  },
  {
    name: 'queued-and-closed',
    what: '250 to the final dot, and the end (RFC 5321, 4.1.1.10)',
    hosts: { mx1: fixture('accepts-and-closes') },
    mails: [{}, {}],
    wanted: DELIVERED,
  },
  {
    name: 'queued-and-reset',
    what: '250 to the final dot, and a reset',
    hosts: { mx1: { final: { send: '250 2.0.0 queued', then: 'reset' } } },
    // What a reset overtakes may never be read.
    wanted: { state: ['delivered', 'deferred'] },
    slow: true,
  },
  {
    name: 'greeting-empty-line',
    what: 'an empty line after the greeting',
    hosts: { mx1: fixture('greeting-and-empty-line') },
    wanted: DELIVERED,
  },
  {
    name: 'line-without-code',
    what: 'a line without a code inside a refusal of several lines',
    hosts: { mx1: fixture('refusal-with-a-line-without-code') },
    wanted: { state: 'failed', status: /^5\.1\.1$/ },
  },
  {
    name: 'queued-line-without-code',
    what: 'a line without a code inside the 250 to the final dot',
    hosts: { mx1: { final: { raw: '250-2.0.0 queued\r\nas 12345\r\n250 2.0.0 thank you\r\n' } } },
    wanted: DELIVERED,
  },
  {
    name: 'code-alone',
    what: 'replies that are a code and nothing else',
    hosts: { mx1: { mail: '250', rcpt: '250', data: '354', final: '250' } },
    wanted: DELIVERED,
  },
  {
    name: 'tab-after-code',
    what: 'a tab after the code of the reply to the final dot, and silence',
    hosts: { mx1: { final: { raw: '250\tqueued\r\n' } } },
    wanted: DELIVERED,
  },
  {
    name: 'colon-after-code',
    what: 'a colon after the code of the reply to the final dot, and silence',
    hosts: { mx1: { final: '250: queued' } },
    wanted: DELIVERED,
  },
  {
    name: 'tab-after-each-code',
    what: 'a tab after each code, and no PIPELINING',
    hosts: {
      mx1: {
        ehlo: ['250-mx', '250 8BITMIME'],
        mail: { raw: '250\tok\r\n' },
        rcpt: { raw: '250\tok\r\n' },
        final: { raw: '250\tqueued\r\n' },
      },
    },
    wanted: DELIVERED,
  },
  {
    name: 'refusal-with-colon',
    what: 'a refusal with a colon after the code',
    hosts: { mx1: { rcpt: '550: 5.1.1 no such user' } },
    wanted: { state: 'failed' },
  },
  {
    name: 'bare-line-feeds',
    what: 'line ends without CR',
    hosts: {
      mx1: {
        greeting: { raw: '220 mx\n' },
        ehlo: { raw: '250-mx\n250 PIPELINING\n' },
        rcpt: { raw: '250 ok\n' },
        final: { raw: '250 queued\n' },
      },
    },
    wanted: DELIVERED,
  },
  {
    name: 'mixed-codes',
    what: 'a refusal whose first line says 250',
    hosts: { mx1: { rcpt: { raw: '250-checking\r\n550 5.1.1 no such user\r\n' } } },
    wanted: { state: 'failed', status: /^5\.1\.1$/ },
  },
  {
    name: 'data-350',
    what: '350 to DATA',
    hosts: { mx1: { data: '350 go on' } },
    wanted: DELIVERED,
  },
  {
    name: 'data-250',
    what: '250 to DATA, and nothing to the content',
    hosts: { mx1: { data: '250 ok' } },
    wanted: { state: 'deferred' },
  },
  {
    name: 'final-354',
    what: '354 to the final dot',
    hosts: { mx1: { final: { raw: '354 go on\r\n' } } },
    wanted: { state: 'deferred' },
  },
  {
    name: 'long-reply-line',
    what: 'a line of 20 KB to the final dot',
    hosts: { mx1: { final: `250 2.0.0 ${'queued '.repeat(2900)}` } },
    wanted: DELIVERED,
  },
  {
    name: 'long-refusal-line',
    what: 'a refusal in a line of 20 KB',
    hosts: { mx1: { rcpt: `550 5.1.1 ${'no such user '.repeat(1600)}` } },
    wanted: { state: 'failed', status: /^5\.1\.1$/ },
  },
  {
    name: 'escape-sequences',
    what: 'a refusal with terminal escapes, NUL and 8-bit octets',
    hosts: { mx1: { rcpt: { raw: '550 5.1.1 \x1b[31mno\x00 such\xff\xfe user\x1b[0m\r\n' } } },
    wanted: { state: 'failed', status: /^5\.1\.1$/ },
  },
  {
    name: 'out-of-step',
    what: 'no reply to the first MAIL, so that all others are out of step',
    hosts: { mx1: fixture('replies-out-of-step') },
    wanted: { state: ['deferred', 'failed'] },
  },
  {
    name: 'unasked-replies',
    what: '300 replies that nobody asked for, after the greeting',
    hosts: {
      mx1: { greeting: { raw: '220 mx.remote.test\r\n' + '250 ok\r\n'.repeat(300) }, data: { then: 'hang' } },
    },
    wanted: { state: 'deferred' },
  },
  {
    name: 'unasked-large-replies',
    what: '300 unasked replies of 200 lines each',
    hosts: {
      mx1: {
        greeting: { raw: '220 mx.remote.test\r\n' },
        ehlo: { raw: `${'250-X\r\n'.repeat(199)}250 X\r\n`, repeat: 300 },
      },
    },
    wanted: { state: 'deferred' },
  },
  {
    name: 'early-250',
    what: '250 while the content is still being sent',
    hosts: { mx1: { content: { send: '250 2.0.0 queued' } } },
    mails: [{ octets: 3_000_000 }],
    // The dot may have left before the 250 is read: then nothing tells it from the reply to the dot.
    wanted: { state: ['deferred', 'delivered'] },
  },
  {
    name: 'early-552',
    what: '552 while the content is still being sent, and the end',
    hosts: { mx1: { content: { send: '552 5.3.4 too large', delayMs: 500, then: 'close' } } },
    mails: [{ octets: 3_000_000 }],
    wanted: { state: ['failed', 'deferred'] },
  },
  {
    name: 'data-after-refusals',
    what: '354 although every recipient was refused',
    hosts: { mx1: { rcpt: '550 5.1.1 no such user', data: '354 go on' } },
    mails: [{ to: many(3) }],
    wanted: { state: 'failed', status: /^5\.1\.1$/ },
  },
  {
    name: 'rcpt-251',
    what: '251 and 252 to RCPT',
    hosts: { mx1: { rcpt: { each: ['251 2.1.5 will forward', '252 2.1.5 cannot verify, but will try'] } } },
    mails: [{ to: many(2) }],
    wanted: DELIVERED,
  },
  {
    name: 'helo-only',
    what: 'EHLO is not known, HELO is',
    hosts: { mx1: { ehlo: '502 5.5.1 command not implemented' } },
    wanted: DELIVERED,
  },
  {
    name: 'odd-keywords',
    what: 'EHLO keywords with odd parameters',
    hosts: {
      mx1: {
        ehlo: [
          '250-mx',
          '250-SIZE -1',
          '250-SIZE 99999999999999999999999',
          '250-',
          '250-AUTH=LOGIN',
          '250-\u00fc',
          '250 PIPELINING',
        ],
      },
    },
    wanted: DELIVERED,
  },
  {
    name: 'no-8bitmime',
    what: '8-bit content, and no 8BITMIME',
    hosts: { mx1: { ehlo: ['250-mx', '250 PIPELINING'] } },
    mails: [{ eightBit: true }],
    wanted: DELIVERED,
  },
  {
    name: 'no-smtputf8',
    what: 'a recipient outside ASCII, and no SMTPUTF8',
    hosts: { mx1: { ehlo: ['250-mx', '250 PIPELINING'] } },
    mails: [{ to: ['j\u00fcrgen@a'], utf8: true }],
    wanted: { state: 'failed', status: /^5\.6\.7$/ },
  },
  {
    name: 'quit-unanswered',
    what: 'QUIT is not answered, and the connection stays open',
    hosts: { mx1: { quit: { then: 'hang' } } },
    wanted: DELIVERED,
  },
]
