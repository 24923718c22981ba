import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { orFail } from '../support/needs.ts'
import { JUMPS, LIBFAKETIME, runJumps } from './jumps.ts'

const skip = orFail(!existsSync(LIBFAKETIME) && `needs ${LIBFAKETIME}, of the Debian package libfaketime`)

test(
  'clocks that are set by an hour either way, or by 40 days, lose, repeat, bounce and erase nothing',
  { skip },
  async () => {
    const results = await runJumps()
    assert.equal(results.length, JUMPS.length)
    for (const { jump, accepted, delivered, lost, twice, notices, erased, attempts } of results) {
      assert.deepEqual(
        { delivered, lost, twice, notices, erased },
        { delivered: accepted, lost: 0, twice: 0, notices: 0, erased: 0 },
        jump,
      )
      // Once a second at most, whatever the clock says; a slow machine makes fewer.
      assert.ok(attempts <= 100, `${jump}: ${attempts} attempts`)
    }
  },
)
