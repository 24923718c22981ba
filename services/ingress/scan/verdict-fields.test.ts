import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseMessage } from '@postrider/mail/message'
import type { ScanningConfig } from '@postrider/runtime-config/config'
import { ScannerUnavailableError } from './scanner.ts'
import { verdictFields, withoutVerdictFields } from './verdict-fields.ts'
import type { Verdicts, Decision } from './verdict.ts'

const clamav = (given: Partial<Decision> = {}): Decision => ({
  scanner: 'clamav',
  action: 'pass',
  outcome: 'clean',
  reason: '',
  ...given,
})
const rspamd = (given: Partial<Decision> = {}): Decision => ({ ...clamav(given), scanner: 'rspamd' })
const rated: Verdicts = {
  rspamd: { kind: 'rated', action: 'add header', score: { points: 7.25, required: 15 }, symbols: [] },
}

const fields = (findings: Verdicts, judgements: Decision[], headers: ScanningConfig['headers'] = 'Verdict') =>
  verdictFields(findings, judgements, { headers }).map(({ octets }) => octets.toString().trimEnd())

test('a scanned message tells what each scanner said', () => {
  assert.deepEqual(fields(rated, [clamav(), rspamd()]), [
    'X-Virus-Scanned: ClamAV',
    'X-Virus-Status: Clean',
    'X-Spam-Status: No, score=7.25 required=15.00',
  ])
  assert.deepEqual(fields(rated, [rspamd({ outcome: 'spam', action: 'tag', reason: 'spam' })]), [
    'X-Spam: Yes',
    'X-Spam-Status: Yes, score=7.25 required=15.00',
  ])
})

test('without Verdict only what a message was tagged for is told', () => {
  const tagged = clamav({ action: 'tag', outcome: 'infected', reason: 'malware Eicar' })
  assert.deepEqual(fields(rated, [tagged, rspamd()], 'None'), [
    'X-Virus-Scanned: ClamAV',
    'X-Virus-Status: Infected (malware Eicar)',
  ])
})

test('the name of malware cannot end the comment that it stands in', () => {
  const [, status] = fields({}, [clamav({ outcome: 'infected', reason: 'malware a)b(c\\' })])
  assert.equal(status, 'X-Virus-Status: Infected (malware a?b?c?)')
})

test('what was not scanned is not called clean', () => {
  const away = { outcome: 'unavailable', reason: 'not scanned' } as const
  assert.deepEqual(fields({}, [clamav(away)]), ['X-Virus-Status: Unscanned (not scanned)'])
  const findings: Verdicts = { rspamd: new ScannerUnavailableError('rspamd', 'is away') }
  assert.deepEqual(fields(findings, [rspamd(away)]), ['X-Spam-Status: Unknown (not scanned)'])
})

test('fields of a scan that a client brings along go, and no others', () => {
  const header = [
    'X-Spam: No',
    'X-Spam-Status: No',
    'X-VIRUS-Scanned: me',
    'X-Spamtrap: x',
    'X-Virus: no',
    'Subject: a',
  ]
  const kept = withoutVerdictFields(parseMessage(Buffer.from(`${header.join('\r\n')}\r\n\r\nX-Spam: body\r\n`)))
  assert.deepEqual(
    kept.fields.map(({ name }) => name),
    ['x-spamtrap', 'subject'],
  )
  assert.equal(kept.body.toString(), 'X-Spam: body\r\n')
})
