import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Envelope } from '@postrider/mail/envelope'
import { envelopeTo } from '../../../test/support/envelope.ts'
import { cannotTake, commandsOf } from './commands.ts'
import type { Capabilities, SmtpConnection } from './connection.ts'

const NOTHING: Capabilities = {
  pipelining: false,
  eightBitMime: false,
  utf8: false,
  dsn: false,
  startTls: false,
  requireTls: false,
}
const ALL: Capabilities = {
  pipelining: true,
  eightBitMime: true,
  utf8: true,
  dsn: true,
  startTls: true,
  requireTls: true,
  size: 0,
}

const refusal = (given: Partial<Envelope>, capabilities: Partial<Capabilities> = {}, tls: string | null = null) =>
  cannotTake(
    {
      capabilities: { ...NOTHING, ...capabilities },
      remote: { host: 'mx.test', address: '192.0.2.1', tls, dsn: false },
    } as SmtpConnection,
    envelopeTo(['kim@remote.test'], given),
  )

describe('a remote cannot take', () => {
  test('a message that is larger than it announced, with a status of its own', () => {
    assert.match(refusal({ size: 101 }, { size: 100 }) ?? '', /^552 5\.3\.4 /)
    assert.equal(refusal({ size: 100 }, { size: 100 }), undefined)
    assert.equal(refusal({ size: 1e9 }, { size: 0 }), undefined, '0 names no limit (RFC 1870, 4)')
    assert.equal(refusal({ size: 1e9 }), undefined)
  })

  test('a message that needs SMTPUTF8 without it', () => {
    assert.match(refusal({ utf8: true }) ?? '', /^550 5\.6\.7 /)
    assert.equal(refusal({ utf8: true }, { utf8: true }), undefined)
    assert.equal(refusal({ utf8Text: true }), undefined, 'text in headers is no need')
  })

  test('a message with REQUIRETLS in clear, or without announcing it', () => {
    const wants = { requireTls: true }
    assert.match(refusal(wants, { requireTls: true }) ?? '', /^550 5\.7\.30 /)
    assert.match(refusal(wants, {}, 'TLSv1.3') ?? '', /^550 5\.7\.30 /)
    assert.equal(refusal(wants, { requireTls: true }, 'TLSv1.3'), undefined)
  })
})

const mail = (given: Partial<Envelope>, capabilities: Capabilities, to = ['kim@remote.test']): string => {
  const envelope = envelopeTo(to, given)
  return commandsOf(envelope, envelope.recipients, capabilities)[0] ?? ''
}

describe('MAIL', () => {
  test('says nothing that the remote did not announce', () => {
    const given: Partial<Envelope> = { eightBit: true, utf8Text: true, ret: 'HDRS', envid: 'x' }
    assert.equal(mail(given, NOTHING), 'MAIL FROM:<sam@sender.test>\r\n')
  })

  test('says all that the remote announced and the message needs', () => {
    const given: Partial<Envelope> = { eightBit: true, utf8: true, requireTls: true, ret: 'HDRS', envid: 'x', size: 7 }
    assert.equal(
      mail(given, ALL),
      'MAIL FROM:<sam@sender.test> SIZE=7 BODY=8BITMIME SMTPUTF8 REQUIRETLS RET=HDRS ENVID=x\r\n',
    )
    assert.equal(mail({ size: 7 }, ALL), 'MAIL FROM:<sam@sender.test> SIZE=7\r\n')
  })

  test('says SMTPUTF8 for an address of a recipient alone', () => {
    assert.match(mail({}, ALL, ['müller@remote.test', 'kim@remote.test']), / SMTPUTF8\r\n$/)
    assert.match(mail({ utf8Text: true }, ALL), / SMTPUTF8\r\n$/)
  })

  test('has a null reverse path for a notice', () => {
    assert.equal(mail({ from: '' }, NOTHING), 'MAIL FROM:<>\r\n')
  })
})

test('RCPT follows for each recipient that is asked for, then DATA; NOTIFY only where the remote speaks DSN', () => {
  const envelope = envelopeTo(['a@remote.test', 'b@remote.test', 'c@remote.test'])
  envelope.recipients[1] = { address: 'b@remote.test', notify: 'NEVER' }
  assert.deepEqual(commandsOf(envelope, envelope.recipients.slice(1), NOTHING).slice(1), [
    'RCPT TO:<b@remote.test>\r\n',
    'RCPT TO:<c@remote.test>\r\n',
    'DATA\r\n',
  ])
  assert.match(commandsOf(envelope, envelope.recipients, ALL)[2] ?? '', / NOTIFY=NEVER/)
})
