import type { Cause } from './cause.ts'
import type { ReceiverOptions } from '../support/receiver/receiver.ts'

type Stage = 'greeting' | 'mail' | 'rcpt' | 'final'

/** A server that gives this reply at a stage; `ADDRESS` in it is what the command named. */
const at = (stage: Stage, reply: string): ReceiverOptions => ({
  script: (step) => (step.stage === stage ? reply.replace('ADDRESS', step.argument) : undefined),
})

const refused = (
  name: string,
  title: string,
  stage: Stage,
  reply: string,
  status: string,
  ...says: RegExp[]
): Cause => ({
  name,
  title,
  remote: at(stage, reply),
  action: 'failed',
  status,
  diagnosticCode: `smtp; ${reply.slice(0, 9)}`,
  hasRemoteMta: true,
  says,
})

/** It is tried until the message expires. */
const expired = (name: string, title: string, stage: Stage, reply: string, ...says: RegExp[]): Cause => ({
  ...refused(name, title, stage, reply, '4.4.7', /We kept trying from .* until .*, and have now given up\./, ...says),
})

const ours = (name: string, title: string, status: string, diagnosticCode: string, rest: Partial<Cause>): Cause => ({
  name,
  title,
  action: 'failed',
  status,
  diagnosticCode: `x-postrider; ${diagnosticCode}`,
  hasRemoteMta: false,
  says: [],
  ...rest,
})

/** Notices to senders, one of each kind. */
export const CAUSES: Cause[] = [
  refused(
    'unknown',
    'the mailbox does not exist',
    'rcpt',
    '550 5.1.1 <ADDRESS>: user unknown',
    '5.1.1',
    /There is no mailbox with this name\./,
    /said: 550 5\.1\.1/,
  ),
  {
    ...refused(
      'two-unknown',
      'two mailboxes do not exist',
      'rcpt',
      '550 5.1.1 <ADDRESS>: user unknown',
      '5.1.1',
      /these 2 recipients/,
    ),
    to: ['kim', 'lee'],
    says: [/<kim@two-unknown\.test>\n<lee@two-unknown\.test>\n {4}There is no mailbox with this name\./],
  },
  refused(
    'closed',
    'the mailbox is closed',
    'rcpt',
    '550 5.2.1 account is disabled',
    '5.2.1',
    /no longer accepts mail/,
  ),
  expired('full', 'the mailbox is full until the message expires', 'rcpt', '452 4.2.2 mailbox full', /mailbox is full/),
  refused(
    'large',
    'the message is too large, says the server',
    'final',
    '552 5.3.4 message size exceeds fixed limit',
    '5.3.4',
    /larger than the recipient's server accepts/,
  ),
  ours('small', 'the message is larger than the server announces', '5.3.4', 'the message is', {
    remote: { offers: ['PIPELINING', 'SIZE 100'] },
    hasRemoteMta: true,
    says: [/larger than the recipient's server accepts/, /Details: the message is \d+ bytes/],
  }),
  refused(
    'spam',
    'the server treats the message as spam',
    'final',
    '554 5.7.1 message rejected as spam',
    '5.7.1',
    /considered the message to be spam/,
  ),
  refused(
    'virus',
    'the server finds malware',
    'final',
    '554 5.7.1 virus Eicar-Signature found',
    '5.7.1',
    /something harmful/,
  ),
  expired(
    'listed',
    "the platform's address is on a list",
    'rcpt',
    '550 5.7.1 client host blocked using zen.spamhaus.org',
    /refuses mail from this platform's IP address/,
  ),
  refused(
    'policy',
    'a rule of the server forbids it',
    'rcpt',
    '550 5.7.1 message refused by policy',
    '5.7.1',
    /rules of the recipient's server/,
  ),
  refused(
    'dmarc',
    "the sender's DMARC policy is not met",
    'final',
    '550 5.7.26 unauthenticated mail is prohibited by DMARC',
    '5.7.26',
    /DMARC check/,
  ),
  refused(
    'relay',
    'the server does not serve the domain',
    'rcpt',
    '554 5.7.1 <ADDRESS>: relay access denied',
    '5.7.1',
    /does not accept mail for this domain/,
  ),
  expired(
    'grey',
    'the server greylists until the message expires',
    'rcpt',
    '450 4.7.1 greylisted, try again later',
    /asks unknown senders to try again later, and kept asking/,
    /What you can do: Send the message again/,
  ),
  expired(
    'slow-down',
    'the server limits the rate until the message expires',
    'rcpt',
    '450 4.7.1 too many messages, slow down',
    /limits how many messages it accepts/,
  ),
  expired(
    'broken',
    'the server has a fault until the message expires',
    'final',
    '451 4.3.0 internal error',
    /had a problem or was out of service/,
  ),
  ours('missing', 'the domain does not exist', '5.1.2', 'the domain missing.test does not exist', {
    dns: 'missing',
    says: [/The domain of this address does not exist\./, /Details: the domain missing\.test does not exist/],
  }),
  ours('null-mx', 'the domain accepts no mail (null MX)', '5.1.10', 'the domain null-mx.test accepts no mail', {
    dns: 'null-mx',
    says: [/does not accept any mail/],
  }),
  ours('loop', 'the domain leads back to this platform', '5.4.6', 'the MX records of loop.test point to this server', {
    dns: 'loop',
    says: [/directed back to our own server/],
  }),
  ours(
    'unlisted',
    'the name server fails until the message expires',
    '4.4.3',
    'looking up the mail servers of unlisted.test failed',
    {
      dns: 'fails',
      says: [/We kept trying from/, /could not be looked up/],
    },
  ),
  ours('down', 'the server refuses connections until the message expires', '4.4.1', '', {
    dns: 'refused-connection',
    hasRemoteMta: true,
    says: [/We kept trying from/, /could not be reached/, /Details: .*refused/i],
  }),
  ours('no-tls', 'TLS is required and not offered, until the message expires', '4.7.10', '', {
    remote: { offers: ['PIPELINING'] },
    policy: { tls: 'Required' },
    hasRemoteMta: true,
    says: [/secure enough for this message/],
  }),
  ours('ascii', 'the address needs SMTPUTF8, which the server lacks', '5.6.7', 'the message needs SMTPUTF8', {
    remote: { offers: ['PIPELINING', '8BITMIME'] },
    to: ['grüße'],
    mailParameters: ' SMTPUTF8',
    hasRemoteMta: true,
    says: [/such as ü, which the recipient's server does not support/],
  }),
  ours(
    'clear',
    'the sender requires TLS all the way, which the server lacks',
    '5.7.10',
    'the sender requires TLS (REQUIRETLS), but',
    {
      remote: { offers: ['PIPELINING'] },
      mailParameters: ' REQUIRETLS',
      hasRemoteMta: true,
      says: [/You asked for TLS all the way to the recipient/],
    },
  ),
  {
    name: 'later',
    title: 'the message is delayed',
    remote: at('rcpt', '451 4.3.2 system not accepting mail now'),
    action: 'delayed',
    status: '4.3.2',
    diagnosticCode: 'smtp; 451 4.3.2',
    // The notice is about the whole message, not one attempt.
    hasRemoteMta: false,
    says: [/has not been delivered to this recipient yet/, /We will keep trying until/],
  },
  {
    name: 'relayed',
    title: 'the sender asked for a delivery notice, and the server does not support DSN',
    remote: { offers: ['PIPELINING'] },
    rcptParameters: ' NOTIFY=SUCCESS',
    action: 'relayed',
    status: '2.0.0',
    diagnosticCode: 'smtp; 250',
    hasRemoteMta: true,
    says: [/has accepted your message\. It does not send delivery reports/],
  },
]
