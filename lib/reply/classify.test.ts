import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { classifyNetworkError, getBounceInfo } from './classify.ts'
import type { Action, Category, Stage } from './category.ts'

type Case = [response: string, stage: Stage | undefined, action: Action, category: Category, decidedBy: string]

const cases: Case[] = [
  // The words, then the enhanced status, then the code.
  ['550 5.7.1 User unknown', 'rcpt', 'bounce', 'unknown-user', 'text'],
  ['550 5.2.1 <kim@example.org>', 'rcpt', 'bounce', 'mailbox-disabled', 'enhanced'],
  ['550 5.7.612 Xyzzy', 'rcpt', 'retry', 'blocklisted', 'enhanced'],
  ['550 5.1.99 Xyzzy', 'rcpt', 'bounce', 'unknown-user', 'enhanced'],
  ['550 5.0.0 Requested action not taken', 'rcpt', 'bounce', 'unknown-user', 'code'],
  // The meaning of a code without words depends on the stage.
  ['550', 'rcpt', 'bounce', 'unknown-user', 'code'],
  ['550 <kim@example.org>... sorry', 'rcpt', 'bounce', 'unknown-user', 'code'],
  // Unknown words concern something other than the recipient.
  ['550 Xyzzy', 'rcpt', 'bounce', 'policy', 'code'],
  ['550 Xyzzy', 'mail', 'bounce', 'policy', 'code'],
  ['554 Xyzzy', 'greeting', 'bounce', 'policy', 'code'],
  ['550 Xyzzy', undefined, 'bounce', 'other', 'nothing'],
  ['552 Xyzzy', 'rcpt', 'retry', 'mailbox-full', 'code'],
  ['552 Xyzzy', 'final', 'bounce', 'message-too-large', 'code'],
  ['454 Xyzzy', 'starttls', 'retry', 'tls', 'code'],
  ['550 5.1.0 invalid address', 'mail', 'bounce', 'policy', 'enhanced'],
  // The code decides the action, even against the status and the words.
  ['450 5.1.1 User unknown', 'rcpt', 'retry', 'unknown-user', 'text'],
  ['550 4.2.1 Mailbox disabled', 'rcpt', 'bounce', 'mailbox-disabled', 'text'],
  ['552 5.2.2 Over quota', 'rcpt', 'retry', 'mailbox-full', 'text'],
  ['552 5.5.3 Too many recipients', 'rcpt', 'retry', 'rate-limited', 'text'],
  ['550 5.7.1 blocked using zen.spamhaus.org', 'connect', 'retry', 'blocklisted', 'text'],
  // Giving up cannot be undone, so a reply that is not understood is retried.
  ['', 'rcpt', 'retry', 'other', 'nothing'],
  ['5.1.1 User unknown', 'rcpt', 'bounce', 'unknown-user', 'text'],
  ['354 go ahead', 'rcpt', 'retry', 'protocol-error', 'code'],
  // An address or a stock phrase does not determine the category.
  ['550 5.1.1 <virus@spam.example.org> User unknown', 'rcpt', 'bounce', 'unknown-user', 'text'],
  [
    '550 5.7.1 No PTR record. To best protect our users from spam, the message has been blocked.',
    'final',
    'bounce',
    'reverse-dns',
    'text',
  ],
  // The words may have accents and be in another language.
  ['550 5.1.1 Boîte aux lettres pleine', 'rcpt', 'retry', 'mailbox-full', 'text'],
  ['550 Empfänger unbekannt', 'rcpt', 'bounce', 'unknown-user', 'text'],
]

describe('a reply', () => {
  for (const [response, stage, action, category, decidedBy] of cases) {
    test(`${JSON.stringify(response)} at ${stage ?? 'an unknown stage'}: ${action}, ${category}`, () => {
      const { action: found, category: why, decidedBy: by } = getBounceInfo({ response, stage })
      assert.deepEqual({ found, why, by }, { found: action, why: category, by: decidedBy })
    })
  }

  test('is returned with its parts', () => {
    const { code, enhanced, message } = getBounceInfo({ response: '550-5.1.1 no such\r\n550 5.1.1 user' })
    assert.deepEqual({ code, enhanced, message }, { code: 550, enhanced: '5.1.1', message: 'no such user' })
  })
})

const errors: [code: string | undefined, stage: Stage | undefined, category: Category][] = [
  ['ECONNREFUSED', 'connect', 'network'],
  ['ENOTFOUND', 'dns', 'network'],
  ['ETIMEDOUT', 'connect', 'network'],
  ['TIMEOUT', 'starttls', 'network'],
  ['CLOSED', 'final', 'network'],
  ['RESTING', 'connect', 'network'],
  [undefined, undefined, 'network'],
  ['TLS', 'starttls', 'tls'],
  ['NO_STARTTLS', 'starttls', 'tls'],
  ['CERT_HAS_EXPIRED', 'starttls', 'tls'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'connect', 'tls'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', undefined, 'tls'],
  ['ECONNRESET', 'starttls', 'tls'],
  ['ECONNRESET', 'data', 'network'],
  ['PROTOCOL', 'rcpt', 'protocol-error'],
]

describe('an error without a reply is retried', () => {
  for (const [code, stage, category] of errors) {
    test(`${code ?? 'no code'} at ${stage ?? 'an unknown stage'}: ${category}`, () => {
      const { action, category: found } = classifyNetworkError({ code, stage })
      assert.deepEqual({ action, found }, { action: 'retry', found: category })
    })
  }
})
