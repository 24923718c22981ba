import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runSource, smtpLoadMissing, startSink } from '../support/smtp-load.ts'
import { ProcessTree } from '../bench/process-tree.ts'
import { startContender as startPostfix } from '../bench/postfix.ts'
import { opendkimMissing } from '../bench/opendkim.ts'
import { measure } from '../bench/measure.ts'
import { postfixMissing } from '../support/postfix.ts'

const skip = smtpLoadMissing()
const load = { length: 1000, from: 'app@sender.test', recipient: 'kim@remote.test' }

test('the sink counts each message once, over one connection or many', { skip }, async () => {
  const sink = await startSink()
  try {
    await runSource({ ...load, to: sink, messages: 50, sessions: 5, reuse: false })
    await sink.reached(50, 10_000)
    await runSource({ ...load, to: sink, messages: 70, sessions: 5, reuse: true })
    await sink.reached(120, 10_000)
    assert.equal(sink.count(), 120)
    await assert.rejects(sink.reached(121, 100), /has 120 of 121/)
  } finally {
    await sink.stop()
  }
})

test(
  'a run of the benchmark measures all processes of Postfix and its signer',
  {
    skip: skip || postfixMissing() || opendkimMissing(),
  },
  async () => {
    const sink = await startSink()
    const postfix = await startPostfix({ sink, dkim: true })
    try {
      const measured = await measure(postfix, sink, { dkim: true, sessions: 4, reuse: true, messages: 100 })
      assert.ok(measured.accept > 0 && measured.endToEnd > 0 && measured.endToEnd <= measured.accept * 1.5)
      assert.ok(measured.cpuMs > 0)
      // master, qmgr, smtpd, cleanup, smtp, opendkim, ...
      assert.ok(new ProcessTree(postfix.pids).count() > 5)
      assert.ok(measured.rssMb >= measured.pssMb && measured.pssMb > 5)
      assert.equal(measured.duplicates, 0)
    } finally {
      await postfix.stop()
      await sink.stop()
    }
  },
)
