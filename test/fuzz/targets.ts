import { DsnParameterError, parseEnvid, parseNotify, parseOrcpt, parseRet } from '@postrider/smtp/dsn-parameters'
import { decodeXtext, encodeXtext } from '@postrider/smtp/xtext'
import { matchesSender, normaliseAddress, normaliseDomain } from '@postrider/mail/address'
import { normaliseContent } from '@postrider/mail/content'
import { fixHeaders } from '@postrider/mail/fix-headers'
import { octetsOf, parseMessage } from '@postrider/mail/message'
import { addressesOf } from '@postrider/mail/mailbox'
import { ContentRefusedError } from '@postrider/mail/refused'
import { splitMailboxes } from '@postrider/mail/split-mailboxes'
import { getBounceInfo } from '@postrider/reply/classify'
import { readMailParameters, readRcptParameters } from '@postrider/smtp/parameters'
import { addressOf, readPath } from '@postrider/smtp/path'
import { RefusalError } from '@postrider/smtp/refusal'

/** A parser that strangers' octets reach, what it is fed with, and what must hold of its result. */
export interface Target {
  name: string
  seeds: readonly [string, ...string[]]
  /** Throws when something does not hold; errors that are an answer are caught here. */
  run(input: string): void
}

const ADDRESSES = [
  'kim@remote.test',
  '"a b"@remote.test',
  '"\\"@\\\\"@remote.test',
  'kim+tag@[192.0.2.1]',
  'kim@[IPv6:2001:db8::1]',
  'm\xc3\xbcller@b\xc3\xbccher.test',
  '@relay.test,@b.test:kim@remote.test',
  'postmaster',
  `${'x'.repeat(64)}@${'y'.repeat(63)}.test`,
] as const

const MESSAGES = [
  'From: a@sender.test\r\nTo: kim@remote.test\r\nSubject: hi\r\n\r\nbody\r\n',
  'From: "A, B" <a@sender.test>, b@sender.test\r\nSender: a@sender.test\r\nBcc: x@y.test\r\n\r\n..\r\n',
  'From: =?utf-8?q?J=C3=BCrgen?= (c (n)) <a@sender.test>\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\n\r\n',
  'From: team: a@sender.test, b@sender.test;\r\nResent-From: c@sender.test\r\nReceived: from x by y\r\n\r\nx\n.\ny',
  `From: a@sender.test\r\nSubject: ${'long '.repeat(300)}\r\n folded\r\n\tagain\r\n\r\n${'z'.repeat(2000)}\r\n`,
] as const

const COMMANDS = [
  'MAIL FROM:<app@sender.test> SIZE=1000 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=QQ314 REQUIRETLS HOLDFOR=60',
  'MAIL FROM:<> HOLDUNTIL=2030-01-31T08:00:00Z AUTH=<>',
  'RCPT TO:<@a.test,@b.test:"k\\" m"@remote.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;kim+40remote.test',
  'RCPT TO: <postmaster>',
] as const

const REPLIES = [
  '550 5.1.1 <kim@remote.test>: Recipient address rejected: User unknown',
  '421-4.7.0 try again later\r\n421 4.7.0 your IP 192.0.2.1 is on a list',
  '452 4.2.2 mailbox full; see https://example.test/help?a=1',
  'host mx.test said: 554 5.7.1 blocked using bl.example.test',
] as const

/** Who sends the messages that are fuzzed. */
const SUBMITTING = { login: 'a@sender.test', mayUse: (address: string) => address.endsWith('@sender.test') }

const octets = (input: string): Buffer => Buffer.from(input, 'latin1')
/** As smtp-server hands command lines out. */
const utf8 = (input: string): string => octets(input).toString('utf8')

function holds(condition: boolean, what: string): void {
  if (!condition) throw new Error(`does not hold: ${what}`)
}

/** Runs what may refuse its input with the given class of error. */
function orRefused<T>(run: () => T, refused: new (...args: never[]) => Error): T | undefined {
  try {
    return run()
  } catch (error) {
    if (error instanceof refused) return undefined
    throw error
  }
}

export const TARGETS: readonly [Target, ...Target[]] = [
  {
    name: 'address',
    seeds: ADDRESSES,
    run(input) {
      const address = normaliseAddress(utf8(input))
      normaliseDomain(utf8(input))
      if (address === undefined) return
      holds(normaliseAddress(address) === address, 'a normal address is its own normal form')
      holds(!/[\r\n\0]/.test(address), 'an address has no line end')
      holds(matchesSender([address], address), 'an address matches itself')
    },
  },
  {
    name: 'content',
    seeds: MESSAGES,
    run(input) {
      const normal = orRefused(() => normaliseContent(octets(input)), ContentRefusedError)
      if (normal === undefined) return
      checkNormal(normal.content)
      const trace = {
        id: 'fuzz',
        hostName: 'mail.test',
        now: 0,
        protocol: 'ESMTPSA',
        recipients: [],
        submitting: SUBMITTING,
      }
      const fixed = orRefused(() => fixHeaders(parseMessage(normal.content), trace), ContentRefusedError)
      if (fixed !== undefined) checkNormal(octetsOf(fixed.message))
    },
  },
  {
    name: 'mailboxes',
    seeds: ['a@b.test, "x, y" <c@d.test>; (comment (nested)) <e@f.test>', ...ADDRESSES],
    run(input) {
      splitMailboxes(input)
      orRefused(() => addressesOf(input), ContentRefusedError)
    },
  },
  {
    name: 'dsn',
    seeds: ['SUCCESS,FAILURE,DELAY', 'NEVER', 'rfc822;kim+40remote.test', 'utf-8;kim@remote.test', 'FULL', 'QQ314+3D'],
    run(input) {
      for (const parse of [parseNotify, parseOrcpt, parseRet, parseEnvid])
        orRefused(() => parse(utf8(input)), DsnParameterError)
      decodeXtext(utf8(input))
      holds(decodeXtext(encodeXtext(input)) === input, 'xtext comes back as it was')
    },
  },
  {
    name: 'mail command',
    seeds: COMMANDS,
    run(input) {
      const command = /^mail/i.test(input) ? 'MAIL FROM' : 'RCPT TO'
      const path = orRefused(() => readPath(utf8(input), command), RefusalError)
      if (path === undefined) return
      orRefused(() => addressOf(path.address, command, true), RefusalError)
      orRefused(() => readRcptParameters(path), RefusalError)
      orRefused(() => readMailParameters(path, { secure: true, longestHoldMs: 86_400_000, now: 0 }), RefusalError)
    },
  },
  { name: 'reply', seeds: REPLIES, run: (input) => void getBounceInfo({ response: utf8(input) }) },
]

/** Line ends are CRLF and nothing else, and no line is over 998 octets: nothing can be smuggled. */
function checkNormal(content: Buffer): void {
  const text = content.toString('latin1')
  holds(text.endsWith('\r\n'), 'content ends with CRLF')
  holds(!/\r(?!\n)|(?<!\r)\n/.test(text), 'no bare CR or LF')
  holds(!text.includes('\0'), 'no NUL')
  holds(
    text.split('\r\n').every((line) => line.length <= 998),
    'no line over 998 octets',
  )
}
