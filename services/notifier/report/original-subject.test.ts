import assert from 'node:assert/strict'
import { test } from 'node:test'
import { originalSubject } from './original-subject.ts'

const subject = (field: string): string | undefined =>
  originalSubject({ headers: Buffer.from(`From: a@b.test\r\n${field}\r\nTo: c@d.test\r\n`) })

test('the subject is decoded', () => {
  const table: [field: string, shown: string | undefined][] = [
    ['Subject: Invoice 7', 'Invoice 7'],
    ['subject:\r\n folded\r\n  text', 'folded text'],
    ['Subject: Grüße', 'Grüße'],
    ['Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe_an?= =?UTF-8?B?IGFsbGU=?= now', 'Grüße an alle now'],
    ['Subject: =?iso-8859-1?q?caf=E9?=', 'café'],
    ['Subject: =?x-unknown?q?caf=E9?=', '=?x-unknown?q?caf=E9?='],
    ['Subject: =?utf-8?q?a=0D=0ABcc:_b?=', 'a Bcc: b'],
    [`Subject: ${'x'.repeat(300)}`, `${'x'.repeat(200)}...`],
    ['Subject:', undefined],
    ['X-Other: a', undefined],
  ]
  for (const [field, shown] of table) assert.equal(subject(field), shown, field)
  assert.equal(originalSubject({ full: Buffer.from('Subject: a\r\n\r\nSubject: b\r\n') }), 'a')
  assert.equal(originalSubject({ headers: Buffer.alloc(0) }), undefined)
})
