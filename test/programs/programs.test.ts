import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startPostrider } from '../blackbox/postrider.ts'
import type { RunningService } from '../blackbox/postfix-submission.ts'
import { needs } from '../support/needs.ts'
import { dkimpyMissing } from '../support/verify-dkim.ts'
import { SHELL } from './cases-shell.ts'
import { WRITTEN } from './cases-written.ts'
import { signaturesOf, wrongWith } from './judge.ts'
import { createRecorder } from './recorder.ts'
import type { Recorder } from './recorder.ts'
import { tryProgram } from './try-program.ts'
import type { Recorded } from './try-program.ts'

/** `make programs` has them all, and Postfix beside. */
const CASES = [...SHELL, ...WRITTEN]

describe(
  'mail as programs write it arrives as it was meant, with both signatures valid',
  { skip: dkimpyMissing() },
  () => {
    let running: RunningService
    let recorder: Recorder
    let recorded: Recorded

    before(async () => {
      running = await startPostrider(10_485_760)
      recorder = await createRecorder()
      recorded = await recorder.before(running)
    })
    after(async () => {
      await recorder.close()
      await running.stop()
    })

    for (const [number, program] of CASES.entries()) {
      const lacking = (program.needs ?? []).map(([name, debian]) => needs(name, debian)).find((what) => what !== false)
      test(program.name, { skip: lacking ?? false }, async () => {
        const trial = await tryProgram(program, recorded, `program${number}@remote.test`)
        const content = trial.arrived?.content
        const signatures = content === undefined ? '' : await signaturesOf(content, running.state ?? '')
        assert.equal(wrongWith(program, trial, signatures), '', `${trial.result}: ${trial.detail}`)
      })
    }
  },
)
