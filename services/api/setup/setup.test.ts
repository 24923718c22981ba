import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import fc from 'fast-check'
import type { DomainConfig, RuntimeConfig } from '@postrider/runtime-config/config'
import { ProblemError } from '../problem.ts'
import { autoconfigDocument } from './autoconfig.ts'
import { autodiscoverDocument } from './autodiscover.ts'
import { profileOf } from './mobileconfig.ts'
import { nameUuid } from './name-uuid.ts'
import { addressOf, domainOfHost, settingsOf } from './settings.ts'
import { document, element, textOf } from './xml.ts'
import { needs } from '../../../test/support/needs.ts'

const folder = mkdtempSync(join(tmpdir(), 'postrider-setup-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const SCHEMA = join(import.meta.dirname, 'testdata', 'config-v1.1.rng')

const domain = (change: Partial<DomainConfig>): DomainConfig => ({
  name: 'one.test',
  suspended: false,
  dkim: [],
  allowedSenders: [],
  retentionMs: 0,
  notifyDelivered: false,
  ...change,
})
const configOf = (...domains: DomainConfig[]): RuntimeConfig =>
  ({ domains: new Map(domains.map((one) => [one.name, one])) }) as unknown as RuntimeConfig
const submission = { host: 'mail.test', implicitTls: 465, startTls: 587 }
const both = domain({
  incoming: [
    { protocol: 'imap', host: 'imap.test', port: 993, implicitTls: true, userName: 'Address' },
    { protocol: 'pop3', host: 'pop.test', port: 110, implicitTls: false, userName: 'LocalPart' },
  ],
})

/** Runs xmllint on a text; throws its error if the text is not valid. */
function lint(text: string, ...rules: string[]): void {
  const file = join(folder, 'checked.xml')
  writeFileSync(file, text)
  execFileSync('xmllint', ['--noout', '--nonet', '--nowarning', ...rules, file], { stdio: 'pipe' })
}

test('only a domain that may send has settings, and an address is reduced to its domain', () => {
  const config = configOf(both, domain({ name: 'held.test', suspended: true }))
  for (const name of ['other.test', 'held.test'])
    assert.throws(
      () => settingsOf(name, config, submission),
      (error) => error instanceof ProblemError && error.status === 404,
    )
  assert.equal(addressOf('Kim@ONE.test').domain, 'one.test')
  assert.throws(() => addressOf('kim'), ProblemError)
  assert.throws(() => addressOf(null), ProblemError)
  assert.equal(domainOfHost('autoconfig.one.test'), 'one.test')
  assert.equal(domainOfHost('one.test'), 'one.test')
})

describe('checked by xmllint', { skip: needs('xmllint', 'libxml2-utils') }, () => {
  test('the autoconfig document matches the schema, with and without incoming servers', () => {
    for (const one of [both, domain({})])
      lint(autoconfigDocument(settingsOf('one.test', configOf(one), submission)), '--relaxng', SCHEMA)
    // The schema does reject wrong input.
    const good = autoconfigDocument(settingsOf('one.test', configOf(both), submission))
    for (const [from, to] of [
      ['<port>465</port>', '<port>0</port>'],
      ['STARTTLS', 'plain'],
      ['type="imap"', 'type="jmap"'],
      ['<hostname>mail.test</hostname>', ''],
    ] as const) {
      assert.ok(good.includes(from), from)
      assert.throws(() => lint(good.replace(from, to), '--relaxng', SCHEMA), from)
    }
  })

  test('the document is well-formed and its text escaped, whatever the text contains', () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 })
    fc.assert(
      fc.property(text, text, (first, second) => {
        const written = document(element('a', { b: first }, element('c', {}, second)))
        lint(written)
        assert.doesNotMatch(written.replace(/<\/?[ac]\b|\?>|<\?/g, ''), /</)
      }),
      { numRuns: 60 },
    )
  })

  test('an address cannot inject markup into the documents for Outlook and Apple', () => {
    const address = `"<x>&'"@one.test`
    const settings = settingsOf('one.test', configOf(both), submission)
    for (const made of [autodiscoverDocument(settings, address), profileOf(settings, address)]) {
      lint(made)
      assert.ok(!made.includes('<x>'))
    }
  })
})

test('Outlook’s document names each server with its port and kind of TLS', () => {
  const made = autodiscoverDocument(settingsOf('one.test', configOf(both), submission), 'kim@one.test')
  const protocols = [...made.matchAll(/<Protocol>(.*?)<\/Protocol>/gs)].map(([, inner = '']) =>
    ['Type', 'Server', 'Port', 'LoginName', 'Encryption'].map((name) => textOf(inner, name)).join(' '),
  )
  assert.deepEqual(protocols, [
    'IMAP imap.test 993 kim@one.test SSL',
    'POP3 pop.test 110 kim TLS',
    'SMTP mail.test 465 kim@one.test SSL',
  ])
})

test('a posted document is read without an XML parser: only prefixes and predefined entities are understood', () => {
  assert.equal(textOf('<x:EMailAddress a="b"> a&amp;b&#64;c&#x2e;test </x:EMailAddress>', 'EMailAddress'), 'a&b@c.test')
  assert.equal(textOf('<EMailAddress><b/></EMailAddress>', 'EMailAddress'), undefined)
  assert.equal(textOf('<EMailAddress>&xxe;</EMailAddress>', 'EMailAddress'), '&xxe;')
})

test('Apple’s profile is stable for an address, differs between addresses, and requires incoming mail', () => {
  const settings = settingsOf('one.test', configOf(both), submission)
  assert.equal(profileOf(settings, 'a@one.test'), profileOf(settings, 'a@one.test'))
  assert.notEqual(nameUuid('mail/a'), nameUuid('mail/b'))
  assert.match(nameUuid('x'), /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.throws(() => profileOf(settingsOf('one.test', configOf(domain({})), submission), 'a@one.test'), ProblemError)
})
