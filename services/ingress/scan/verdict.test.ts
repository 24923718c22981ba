import assert from 'node:assert/strict'
import { test } from 'node:test'
import { octetsOf, parseMessage } from '@postrider/mail/message'
import type { ScanningConfig } from '@postrider/runtime-config/config'
import { verdictOf as ofClamav } from './clamav.ts'
import { verdictOf as ofRspamd } from './rspamd.ts'
import { refusalOf } from './refuse.ts'
import { ScannerUnavailableError } from './scanner.ts'
import type { Verdict } from './scanner.ts'
import { decide, strictest } from './verdict.ts'
import { verdictFields, withoutVerdictFields } from './verdict-fields.ts'

const config: ScanningConfig = {
  clamav: {
    address: 'x:1',
    timeoutMs: 1,
    maxBytes: 1,
    tooLarge: 'Tag',
    unavailable: 'TempFail',
    infected: 'Reject',
  },
  rspamd: {
    url: 'http://x:1',
    timeoutMs: 1,
    maxBytes: 1,
    tooLarge: 'Reject',
    unavailable: 'Open',
    reject: 'Reject',
    addHeader: 'Tag',
    rejectScore: 20,
  },
  headers: 'None',
}
const rated = (action: string, points = 1): Verdict => ({
  kind: 'rated',
  action,
  score: { points, required: 15 },
  symbols: ['A', 'B'],
})
const unavailable = new ScannerUnavailableError('clamav', 'cannot be reached')

test('the strictest decision wins', () => {
  const cases: [Verdict | ScannerUnavailableError, Verdict | ScannerUnavailableError, string][] = [
    [{ kind: 'clean' }, rated('no action'), 'pass'],
    [{ kind: 'clean' }, rated('greylist'), 'pass'],
    [{ kind: 'clean' }, rated('add header'), 'tag'],
    [{ kind: 'clean' }, rated('rewrite subject'), 'tag'],
    [{ kind: 'clean' }, rated('soft reject'), 'tempfail'],
    [{ kind: 'clean' }, rated('no action', 20), 'reject'],
    [{ kind: 'clean' }, rated('reject'), 'reject'],
    [{ kind: 'clean' }, { kind: 'too-large' }, 'reject'],
    [{ kind: 'too-large' }, rated('no action'), 'tag'],
    [{ kind: 'infected', name: 'X' }, rated('add header'), 'reject'],
    [unavailable, rated('no action'), 'tempfail'],
    // A message that is known to be bad is refused permanently, although the other scanner is unavailable.
    [unavailable, rated('reject'), 'reject'],
    [{ kind: 'clean' }, unavailable, 'pass'],
  ]
  for (const [clamav, rspamd, action] of cases) {
    assert.equal(strictest(decide({ clamav, rspamd }, config))?.action, action, JSON.stringify([clamav, rspamd]))
  }
})

test('a message with malware is refused permanently, one that cannot be scanned temporarily', () => {
  const reply = (clamav: Verdict | ScannerUnavailableError): [number?, string?, string?] => {
    const refusal = refusalOf(strictest(decide({ clamav }, config)))
    return [refusal?.responseCode, refusal?.status, refusal?.reason]
  }
  assert.deepEqual(reply({ kind: 'infected', name: 'X' }), [550, '5.7.1', 'malware'])
  assert.deepEqual(reply(unavailable), [451, '4.7.1', 'scanner'])
  assert.deepEqual(reply({ kind: 'clean' }), [undefined, undefined, undefined])
})

test('a signature name can break neither a reply nor a header field', () => {
  const verdicts = { clamav: { kind: 'infected' as const, name: 'Evil\r\nX-Other: (a)\u00e4' } }
  const decisions = decide(verdicts, config)
  const fields = verdictFields(verdicts, decisions, { ...config, headers: 'Verdict' })
  assert.equal(
    fields.map(({ octets }) => octets).join(''),
    'X-Virus-Scanned: ClamAV\r\nX-Virus-Status: Infected (malware Evil??X-Other: ?a??)\r\n',
  )
  assert.doesNotMatch(refusalOf(strictest(decisions))?.message ?? '', /[\r\n\u00e4]/)
})

test('only header fields of a scan are removed, folded ones completely', () => {
  const content = Buffer.from(
    'X-Spam-Status: No,\r\n\tscore=-9\r\nFrom: a@b.test\r\nx-virus-scanned: yes\r\nX-Spammer: no\r\n\r\nX-Spam: body\r\n',
  )
  const without = octetsOf(withoutVerdictFields(parseMessage(content))).toString()
  assert.equal(without, 'From: a@b.test\r\nX-Spammer: no\r\n\r\nX-Spam: body\r\n')
})

test('an answer without a verdict is a ScannerUnavailableError', () => {
  assert.deepEqual(ofClamav('stream: OK'), { kind: 'clean' })
  assert.deepEqual(ofClamav('stream: A B FOUND'), { kind: 'infected', name: 'A B' })
  assert.deepEqual(ofClamav('INSTREAM size limit exceeded. ERROR'), { kind: 'too-large' })
  for (const reply of ['', 'stream: OK but', 'UNKNOWN COMMAND', 'stream: Cannot allocate memory ERROR']) {
    assert.throws(() => ofClamav(reply), ScannerUnavailableError, reply)
  }
  for (const text of [
    '',
    'null',
    '[]',
    '{}',
    '{"error":"x"}',
    '{"action":"no action","score":"1","required_score":1}',
  ]) {
    assert.throws(() => ofRspamd(text), ScannerUnavailableError, text)
  }
})
