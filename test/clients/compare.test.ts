import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compare } from './compare.ts'

const MAIL = 'From: a@b.example\r\nSubject: x\r\n folded\r\n\r\nbody\r\n'
const TRACE = 'DKIM-Signature: a;\r\n b\r\nDKIM-Signature: c\r\nReceived: by x\r\n'
const FULL = 'Date: today\r\nMessage-ID: <1>\r\n'

test('a signed message with its trace field is the same', () => {
  assert.deepEqual(compare(FULL + MAIL, TRACE + FULL + MAIL), {
    added: ['dkim-signature', 'dkim-signature', 'received'],
    removed: [],
    lineBreaks: false,
    difference: '',
  })
})

test('Date and Message-ID may be added where they are missing, and only there', () => {
  assert.equal(compare(MAIL, TRACE + FULL + MAIL).difference, '')
  assert.match(compare(FULL + MAIL, TRACE + FULL + FULL + MAIL).difference, /though it was there/)
})

test('Bcc is taken out, and line breaks become CRLF', () => {
  const { removed, lineBreaks, difference } = compare(
    `Bcc: c@d.example\nBcc: e\n${MAIL}`.replaceAll('\r', ''),
    TRACE + MAIL,
  )
  assert.deepEqual({ removed, lineBreaks, difference }, { removed: ['bcc', 'bcc'], lineBreaks: true, difference: '' })
})

test('any other difference is found', () => {
  const changed = [
    TRACE + MAIL.replace('body', 'bodY'),
    TRACE + MAIL.replace('body', 'body '),
    `${TRACE + MAIL}\r\n`,
    TRACE + MAIL.slice(0, -2),
    TRACE + MAIL.replace('\r\n folded', ' folded'),
    TRACE + MAIL.replace('Subject', 'subject'),
    TRACE + MAIL.replace('Subject: x\r\n folded\r\n', ''),
    `X-Other: y\r\n${TRACE}${MAIL}`,
    `${TRACE}Received: by y\r\n${MAIL}`,
    MAIL.slice(3),
  ]
  for (const delivered of changed) assert.notEqual(compare(MAIL, delivered).difference, '', delivered)
})
