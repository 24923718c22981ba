import type { Behaviour, Mail, Wanted } from '../behaviour.ts'
import type { ScriptTable } from '../../support/receiver/script.ts'

const ATTACKER: Record<string, { mx: string[] }> = { a: { mx: ['10 shared', '20 attacker'] }, b: { mx: ['10 shared'] } }
const STARTTLS = ['250-mx.remote.test', '250-PIPELINING', '250 STARTTLS']

/** First a message to domain A, then, while A's connection waits for more work, one to B. */
const aThenB = (a: Wanted, b: Wanted): Mail[] => [
  { to: ['kim@a'], wanted: a },
  { to: ['kim@b'], wanted: b },
]

const once = (at: string, more: Partial<Wanted> = {}): Wanted => ({ state: 'delivered', at: [at], ...more })

/** The first connections to the shared host fail; afterwards it is well. */
const failsFirst = (count: number, script: Omit<ScriptTable, 'connections'>): ScriptTable => ({
  connections: Array.from({ length: count }, () => script),
})

/** Domain A lists B's mail host as its best MX and a host of its own behind it. B's mail must never reach that host, and A's
 * troubles must not become B's. The outcome is compared with the hosts that saw each domain's mail. */
export const CROSS_DOMAIN: Behaviour[] = [
  {
    name: 'cross-refused',
    what: 'A: MX 10 shared, 20 attacker; B: MX 10 shared. The shared host refuses the connection',
    hosts: { shared: 'refused', attacker: {} },
    domains: ATTACKER,
    mails: aThenB(once('attacker'), { state: 'deferred' }),
    wanted: { state: 'delivered' },
  },
  {
    name: 'cross-421',
    what: 'the same; the shared host greets with 421 the first time',
    hosts: { shared: failsFirst(1, { greeting: { send: '421 4.3.2 too many', then: 'close' } }), attacker: {} },
    domains: ATTACKER,
    mails: aThenB(once('attacker'), once('shared')),
    wanted: { state: 'delivered' },
  },
  {
    name: 'cross-lost',
    what: 'the same; the shared host loses the first connection at EHLO',
    hosts: { shared: failsFirst(1, { ehlo: { then: 'reset' } }), attacker: {} },
    domains: ATTACKER,
    mails: aThenB(once('attacker'), once('shared')),
    wanted: { state: 'delivered' },
  },
  {
    name: 'cross-lost-at-mail',
    what: 'the same; the shared host loses the first connection at MAIL',
    hosts: { shared: failsFirst(1, { mail: { then: 'close' } }), attacker: {} },
    domains: ATTACKER,
    mails: aThenB({ state: 'delivered' }, once('shared')),
    wanted: { state: 'delivered' },
  },
  {
    name: 'cross-tls',
    what: 'the same; B has tls: Required, and the shared host no certificate that can be verified',
    hosts: {
      shared: { ehlo: STARTTLS, connections: [{ greeting: { send: '421 4.3.2 no', then: 'close' } }] },
      attacker: {},
    },
    domains: ATTACKER,
    policies: { b: { tls: 'Required' } },
    mails: aThenB(once('attacker'), { state: 'deferred' }),
    wanted: { state: 'delivered' },
  },
  {
    name: 'cross-tls-reuse',
    what: "A and B: MX 10 shared; B has tls: Required. A's connection, not verified, must not serve B",
    hosts: { shared: { ehlo: STARTTLS } },
    domains: { a: { mx: ['10 shared'] }, b: { mx: ['10 shared'] } },
    policies: { b: { tls: 'Required' } },
    mails: aThenB(once('shared'), { state: 'deferred' }),
    wanted: { state: 'delivered' },
  },
  {
    name: 'cross-down',
    what: "A: MX 10 shared, 20 closed; B: MX 10 shared. A's three messages find both in trouble; B's goes at once",
    hosts: { shared: failsFirst(3, { greeting: { send: '421 4.3.2 no', then: 'close' } }), closed: 'refused' },
    domains: { a: { mx: ['10 shared', '20 closed'] }, b: { mx: ['10 shared'] } },
    mails: [
      { to: ['kim@a'], wanted: { state: ['deferred', 'delivered'] }, together: true },
      { to: ['lee@a'], wanted: { state: ['deferred', 'delivered'] }, together: true },
      { to: ['pat@a'], wanted: { state: ['deferred', 'delivered'] } },
      { to: ['kim@b'], wanted: once('shared', { attempts: 2 }) },
    ],
    wanted: { state: 'delivered' },
  },
  {
    name: 'cross-down-tls',
    what: "A and B: MX 10 shared; A has tls: Required and the certificate is not valid. A's failures are not B's",
    hosts: { shared: { ehlo: STARTTLS } },
    domains: { a: { mx: ['10 shared'] }, b: { mx: ['10 shared'] } },
    policies: { a: { tls: 'Required' } },
    mails: [
      { to: ['kim@a'], wanted: { state: 'deferred' }, together: true },
      { to: ['lee@a'], wanted: { state: 'deferred' }, together: true },
      { to: ['pat@a'], wanted: { state: 'deferred' } },
      { to: ['kim@b'], wanted: once('shared', { attempts: 1 }) },
    ],
    wanted: { state: 'delivered' },
  },
  {
    name: 'cross-backups',
    what: 'A: MX 10 shared, 20 one; B: MX 10 shared, 20 two. The shared host refuses the connection',
    hosts: { shared: 'refused', one: {}, two: {} },
    domains: { a: { mx: ['10 shared', '20 one'] }, b: { mx: ['10 shared', '20 two'] } },
    mails: [...aThenB(once('one'), once('two')), { to: ['lee@a'], wanted: once('one') }],
    wanted: { state: 'delivered' },
  },
  {
    name: 'cross-preferences',
    what: 'A: MX 10 one, 20 two; B: MX 10 two, 20 one',
    hosts: { one: {}, two: {} },
    domains: { a: { mx: ['10 one', '20 two'] }, b: { mx: ['10 two', '20 one'] } },
    mails: [...aThenB(once('one'), once('two')), { to: ['lee@a'], wanted: once('one') }],
    wanted: { state: 'delivered' },
  },
  {
    name: 'cross-equal',
    what: 'A: MX 10 shared, 10 attacker; B: MX 10 shared',
    hosts: { shared: {}, attacker: {} },
    domains: { a: { mx: ['10 shared', '10 attacker'] }, b: { mx: ['10 shared'] } },
    mails: [
      { to: ['kim@a'] },
      { to: ['lee@a'] },
      { to: ['pat@a'] },
      { to: ['kim@b'], wanted: once('shared') },
      { to: ['lee@b'], wanted: once('shared') },
    ],
    wanted: { state: 'delivered' },
  },
  {
    name: 'cross-back-again',
    what: 'a primary that was away is back while a connection to the backup waits for work',
    hosts: { mx1: failsFirst(1, { greeting: { send: '421 4.3.2 no', then: 'close' } }), mx2: {} },
    mails: [{ wanted: once('mx2') }, { wanted: once('mx1') }],
    wanted: { state: 'delivered' },
  },
  {
    name: 'cross-pools',
    what: 'A and B: MX 10 shared; A is sent from a pool of its own',
    hosts: { shared: {} },
    domains: { a: { mx: ['10 shared'] }, b: { mx: ['10 shared'] } },
    policies: { a: { addresses: ['127.0.0.77'] } },
    mails: [
      ...aThenB(once('shared', { client: '127.0.0.77' }), once('shared', { client: '127.0.0.1' })),
      { to: ['lee@a'], wanted: once('shared', { client: '127.0.0.77' }) },
    ],
    wanted: { state: 'delivered' },
  },
  {
    name: 'cross-address',
    what: 'A: MX 10 name1, B: MX 10 name2, one host by two names: its refusals of A are not of B',
    hosts: { shared: {} },
    domains: {
      a: { mx: ['10 name1'], addresses: { name1: ['shared'] } },
      b: { mx: ['10 name2'], addresses: { name2: ['shared'] } },
    },
    mails: aThenB(once('shared'), once('shared')),
    wanted: { state: 'delivered', attempts: 1 },
  },
]
