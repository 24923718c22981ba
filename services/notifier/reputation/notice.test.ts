import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { simpleHeaders } from '../../../test/support/simple-headers.ts'
import { platformConfig } from '../../../test/support/runtime-config.ts'
import { buildSuspensionNotice, isSuspensionNotice, suspensionNoticeId } from './notice.ts'
import type { SuspensionNotice } from './notice.ts'

const NOW = Date.UTC(2026, 4, 4, 12)
const notice = (given: Partial<SuspensionNotice> = {}): SuspensionNotice => ({
  kind: 'suspended',
  account: 'credential/app@sender.test',
  domain: 'sender.test',
  to: 'app@sender.test',
  suspension: { at: NOW - 1000, reason: 'Bounces', recipients: 200, percent: 12, limitPercent: 10, resumable: true },
  ...given,
})
const build = (given: Partial<SuspensionNotice> = {}, from = 'MAILER-DAEMON@mail.host.test') => {
  const notices = { ...platformConfig().notices, from }
  return buildSuspensionNotice('n1', notice(given), platformConfig({ notices }), NOW)
}

describe('the notice of a suspension', () => {
  test('goes to the account with a null reverse path, and nothing is to answer it', () => {
    const { envelope, content } = build()
    assert.deepEqual(
      [envelope.id, envelope.from, envelope.recipients, envelope.domain, envelope.size],
      ['n1', '', [{ address: 'app@sender.test', notify: 'NEVER' }], 'sender.test', content.length],
    )
    const headers = simpleHeaders(content)
    assert.deepEqual(
      ['to', 'from', 'auto-submitted', 'message-id', 'date'].map((name) => headers.get(name)),
      [
        '<app@sender.test>',
        'Mail Delivery System <MAILER-DAEMON@mail.host.test>',
        'auto-generated',
        envelope.messageId,
        'Mon, 04 May 2026 12:00:00 +0000',
      ],
    )
  })

  test('keeps a From that has a name of its own', () => {
    assert.equal(simpleHeaders(build({}, 'Post <post@host.test>').content).get('from'), 'Post <post@host.test>')
  })

  test('says how much of what, and the way back', () => {
    const text = build().content.toString()
    for (const part of ['12%', '200 recipients', 'limit 10%', 'spec.resume']) assert.ok(text.includes(part), part)
    const second = build({ suspension: { ...notice().suspension, resumable: false } }).content.toString()
    assert.ok(second.includes('administrator') && !second.includes('spec.resume'))
  })

  test('gives advice that fits the reason', () => {
    const spam = build({ suspension: { ...notice().suspension, reason: 'Spam' } }).content.toString()
    assert.ok(build().content.includes('lists') && !spam.includes('lists') && spam.includes('spam'))
  })

  test('is ASCII, whatever the address', () => {
    const to = 'müller@sender.test'
    const { content, envelope } = build({ to, account: `credential/${to}` })
    assert.match(content.toString('latin1'), /^[\r\n\x20-\x7e]*$/)
    assert.deepEqual([envelope.utf8, envelope.eightBit, build().envelope.utf8], [true, false, false])
    const headers = simpleHeaders(content)
    assert.match(headers.get('to') ?? '', / :;$/)
    assert.match(headers.get('subject') ?? '', /^=\?UTF-8\?B\?/)
    assert.equal(headers.get('content-transfer-encoding'), 'quoted-printable')
    assert.match(content.toString(), /The credential m=C3=BCller@sender\.test/)
  })
})

test('its id follows from the account and the time of the suspension', () => {
  const id = suspensionNoticeId(notice())
  assert.match(id, /^n[0-9a-f]{25}$/)
  assert.equal(suspensionNoticeId(notice({ to: 'other@sender.test' })), id)
  assert.notEqual(suspensionNoticeId(notice({ account: 'domain/sender.test' })), id)
  assert.notEqual(suspensionNoticeId(notice({ suspension: { ...notice().suspension, at: NOW } })), id)
})

test('it is not taken for a notice about a message, or the other way round', () => {
  assert.equal(isSuspensionNotice(JSON.parse(JSON.stringify(notice()))), true)
  for (const other of [{ kind: 'failed' }, {}, null, undefined, 'suspended'])
    assert.equal(isSuspensionNotice(other), false)
})
