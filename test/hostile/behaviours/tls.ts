import type { Behaviour } from '../behaviour.ts'
import { fixture } from '../remote/fixture.ts'
import type { ScriptTable } from '../../support/receiver/script.ts'

const ehlo = ['250-mx.remote.test', '250-PIPELINING', '250-STARTTLS', '250 8BITMIME']
const demand = '530 5.7.0 Must issue a STARTTLS command first'
const CLEAR = { state: 'delivered', secure: false } as const

/** STARTTLS that fails in every way. Opportunistic TLS delivers in clear then (RFC 7435), a policy that requires it waits. */
export const TLS: Behaviour[] = [
  {
    name: 'tls-works',
    what: 'STARTTLS works',
    hosts: { mx1: { ehlo } },
    wanted: { state: 'delivered', secure: true, attempts: 1 },
  },
  {
    name: 'tls-454',
    what: 'STARTTLS is answered 454',
    hosts: { mx1: { ehlo, starttls: '454 4.7.0 TLS not available' } },
    wanted: CLEAR,
  },
  {
    name: 'tls-454-close',
    what: 'STARTTLS is answered 454, and the connection ends',
    hosts: { mx1: fixture('starttls-454-and-close') },
    wanted: CLEAR,
  },
  {
    name: 'tls-closes',
    what: 'the connection ends at STARTTLS',
    hosts: { mx1: { ehlo, starttls: { then: 'close' } } },
    wanted: CLEAR,
  },
  {
    name: 'tls-421',
    what: 'STARTTLS is answered 421, always',
    hosts: { mx1: { ehlo, starttls: { send: '421 4.7.0 TLS trouble', then: 'close' } } },
    wanted: { state: ['delivered', 'deferred'] },
  },
  ...(['garbage', 'close', 'reset', 'hang'] as const).map((handshake): Behaviour => ({
    name: `tls-handshake-${handshake}`,
    what: {
      garbage: 'the TLS handshake is garbage',
      close: 'the connection ends in the TLS handshake',
      reset: 'the connection is reset in the TLS handshake',
      hang: 'the TLS handshake hangs',
    }[handshake],
    hosts: { mx1: { ehlo, starttls: { handshake } } },
    wanted: CLEAR,
    slow: handshake === 'hang',
  })),
  {
    name: 'tls-injection',
    what: 'replies in clear behind the 220 to STARTTLS (CVE-2011-0411)',
    hosts: { mx1: { ehlo, starttls: { raw: '220 go ahead\r\n250 injected\r\n250 injected\r\n' } } },
    wanted: { state: 'delivered' },
  },
  {
    name: 'tls-demanded',
    what: 'MAIL in clear is answered 530, and the TLS handshake fails',
    hosts: { mx1: { ehlo, mail: demand, starttls: { handshake: 'garbage' } } },
    wanted: { state: 'deferred', status: /^4\.7\./ },
  },
  {
    name: 'tls-demanded-reset',
    what: 'MAIL in clear is answered 530, and the TLS handshake is reset, at all hosts',
    hosts: {
      mx1: { ehlo, mail: demand, starttls: { handshake: 'reset' } },
      mx2: { ehlo, mail: demand, starttls: { handshake: 'reset' } },
    },
    wanted: { state: 'deferred', status: /^4\.7\./ },
  },
  {
    name: 'tls-demanded-not-offered',
    what: 'MAIL is answered 530, but STARTTLS is not offered',
    hosts: { mx1: { mail: demand } },
    wanted: { state: ['failed', 'deferred'] },
  },
  ...(
    [
      ['not-offered', 'STARTTLS is not offered', {}],
      ['garbage', 'the TLS handshake is garbage', { ehlo, starttls: { handshake: 'garbage' } }],
      ['self-signed', 'the certificate is of nobody known', { ehlo }],
      ['454', 'STARTTLS is answered 454', { ehlo, starttls: '454 4.7.0 TLS not available' }],
    ] satisfies [string, string, ScriptTable][]
  ).map(([name, what, script]): Behaviour => ({
    name: `tls-required-${name}`,
    what: `tls: Required, and ${what}`,
    hosts: { mx1: script },
    policies: { a: { tls: 'Required' } },
    wanted: { state: 'deferred' },
  })),
]
