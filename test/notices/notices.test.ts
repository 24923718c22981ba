import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { noPython } from '../support/report/python-email.ts'
import { CAUSES } from './causes.ts'
import { collectNotices } from './collect.ts'
import type { SeenNotice } from './collect.ts'

describe('what a sender is told', { skip: noPython }, () => {
  let notices: SeenNotice[] = []

  before(async () => {
    notices = await collectNotices()
  })

  for (const [index, cause] of CAUSES.entries())
    test(cause.title, () => {
      const notice = notices[index]
      assert.ok(notice)
      const { fields, text, defects } = notice
      assert.deepEqual(defects, [])
      assert.equal(fields.get('Status'), cause.status, text)
      const code = fields.get('Diagnostic-Code')
      assert.ok(cause.diagnosticCode === undefined ? code === undefined : code?.startsWith(cause.diagnosticCode), code)
      assert.equal(fields.has('Remote-MTA'), cause.hasRemoteMta, fields.get('Remote-MTA'))
      const unfolded = text.replace(/(?<=\S)\n *(?=\S)/g, ' ')
      for (const pattern of cause.says) assert.match(pattern.source.includes('\\n') ? text : unfolded, pattern)
      assert.match(text, /Subject: Order 4711/)
      // Words of this platform are not put into a server's mouth.
      if (cause.diagnosticCode?.startsWith('x-postrider') === true) assert.doesNotMatch(text, / said: /)
    })
})
