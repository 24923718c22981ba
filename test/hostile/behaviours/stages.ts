import type { Behaviour } from '../behaviour.ts'
import type { Action, ScriptTable, Stage } from '../../support/receiver/script.ts'

const STAGES: Stage[] = ['greeting', 'ehlo', 'mail', 'rcpt', 'data', 'content', 'final']
const NAMES: Partial<Record<Stage, string>> = {
  greeting: 'instead of the greeting',
  ehlo: 'at EHLO',
  mail: 'at MAIL',
  rcpt: 'at RCPT',
  data: 'at DATA',
  content: 'at the content',
  final: 'at the final dot',
}
const WAYS: [name: string, what: string, action: Action][] = [
  ['close', 'closes', { then: 'close' }],
  ['reset', 'resets the connection', { then: 'reset' }],
  ['421', 'answers 421 and closes', { send: '421 4.3.2 not now', then: 'close' }],
  ['silence', 'says nothing more', { then: 'hang' }],
]

/** The first connection ends at a stage; the next attempt gets through, and delivers once. */
export const DROPS: Behaviour[] = STAGES.flatMap((stage) =>
  WAYS.map(([name, what, action]): Behaviour => {
    const first: ScriptTable = { [stage]: action }
    return {
      name: `${name}-at-${stage}`,
      what: `${what} ${NAMES[stage] ?? ''}, the first time`,
      hosts: { mx1: { connections: [first] } },
      wanted: { state: 'delivered', attempts: 2 },
      slow: name === 'silence',
    }
  }),
)

const PRIMARIES: [name: string, what: string, script: ScriptTable][] = [
  ['451-greeting', 'greets with 451', { greeting: { send: '451 4.3.0 busy', then: 'close' } }],
  ['554-greeting', 'greets with 554', { greeting: { send: '554 5.7.1 no', then: 'close' } }],
  ['close-greeting', 'closes before the greeting', { greeting: { then: 'close' } }],
  ['451-ehlo', 'answers EHLO 451', { ehlo: '451 4.3.0 busy' }],
  ['451-mail', 'answers EHLO, then MAIL 451', { mail: '451 4.3.0 busy' }],
  ['421-mail', 'answers EHLO, then MAIL 421', { mail: { send: '421 4.3.0 busy', then: 'close' } }],
  ['close-mail', 'answers EHLO, then closes at MAIL', { mail: { then: 'close' } }],
  ['451-rcpt', 'answers RCPT 451', { rcpt: '451 4.3.0 busy' }],
  ['421-rcpt', 'answers RCPT 421', { rcpt: { send: '421 4.3.0 busy', then: 'close' } }],
  ['close-rcpt', 'closes at RCPT', { rcpt: { then: 'close' } }],
]

/** A primary in trouble lets the next MX have its turn (RFC 5321, 5.1). */
export const PRIMARIES_IN_TROUBLE: Behaviour[] = [
  {
    name: 'primary-refused',
    what: 'the primary refuses the connection',
    hosts: { mx1: 'refused', mx2: {} },
    wanted: { state: 'delivered', at: ['mx2'], attempts: 1 },
  },
  ...PRIMARIES.map(([name, what, script]): Behaviour => ({
    name: `primary-${name}`,
    what: `the primary ${what}`,
    hosts: { mx1: script, mx2: {} },
    wanted: { state: 'delivered', at: ['mx2'], attempts: 2 },
  })),
  {
    name: 'primary-550-rcpt',
    what: 'the primary answers RCPT 550; the backup would accept it',
    hosts: { mx1: { rcpt: '550 5.1.1 no such user' }, mx2: {} },
    wanted: { state: 'failed', status: /^5\.1\.1$/ },
  },
  {
    name: 'refused-and-554',
    what: 'the primary refuses the connection, the backup greets with 554',
    hosts: { mx1: 'refused', mx2: { greeting: { send: '554 5.7.1 no', then: 'close' } } },
    wanted: { state: 'deferred' },
  },
  {
    name: '554-and-refused',
    what: 'the primary greets with 554, the backup refuses the connection',
    hosts: { mx1: { greeting: { send: '554 5.7.1 no', then: 'close' } }, mx2: 'refused' },
    wanted: { state: 'deferred' },
  },
  {
    name: '421-and-554',
    what: 'the primary greets with 421, the backup with 554',
    hosts: {
      mx1: { greeting: { send: '421 4.3.2 busy', then: 'close' } },
      mx2: { greeting: { send: '554 5.7.1 no', then: 'close' } },
    },
    wanted: { state: 'deferred' },
  },
  {
    name: '451-mail-and-550-rcpt',
    what: 'the primary answers MAIL 451, the backup RCPT 550',
    hosts: { mx1: { mail: '451 4.3.0 busy' }, mx2: { rcpt: '550 5.1.1 no such user' } },
    wanted: { state: ['failed', 'deferred'] },
  },
  {
    name: 'all-554-greeting',
    what: 'all hosts greet with 554 (Postfix: smtp_skip_5xx_greeting)',
    hosts: {
      mx1: { greeting: { send: '554 5.7.1 no', then: 'close' } },
      mx2: { greeting: { send: '554 5.7.1 no', then: 'close' } },
    },
    wanted: { state: 'deferred' },
  },
  {
    name: 'lone-554-greeting',
    what: 'the only host greets with 554',
    hosts: { mx1: { greeting: { send: '554 5.3.2 not a mail server', then: 'close' } } },
    wanted: { state: 'deferred' },
  },
]
