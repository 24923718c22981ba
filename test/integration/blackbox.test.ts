import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { judge } from '../blackbox/check.ts'
import type { RunningService } from '../blackbox/postfix-submission.ts'
import { startPostrider } from '../blackbox/postrider.ts'
import { SUITE } from '../blackbox/suite.ts'

describe('what the RFCs ask of a submission server, tried from outside', () => {
  let postrider: RunningService

  before(async () => {
    postrider = await startPostrider(1_048_576)
  })
  after(() => postrider.stop())

  for (const [theme, checks] of Object.entries(SUITE)) {
    for (const check of checks) {
      test(`${theme}: ${check.name} (${check.rfc})`, async () => {
        assert.deepEqual(await judge(check, postrider.service), { result: 'pass' })
      })
    }
  }
})
