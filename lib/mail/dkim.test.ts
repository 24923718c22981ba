import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createPrivateKey } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { dkimVerify } from 'mailauth/lib/dkim/verify.js'
import { normaliseContent } from './content.ts'
import { dkimRecord, generateDkimKey } from './dkim-keys.ts'
import { signDkim } from './dkim.ts'
import type { DkimKey } from './dkim.ts'
import { fixHeaders } from './fix-headers.ts'
import { octetsOf, parseMessage } from './message.ts'
import { ContentRefusedError } from './refused.ts'

/** TXT records by name, as dkimRecord returns them. */
const published = new Map<string, string>()

async function newKey(selector: string, algorithm: DkimKey['algorithm']): Promise<DkimKey> {
  const pem = await generateDkimKey(algorithm)
  const record = dkimRecord('example.org', selector, algorithm, pem)
  published.set(record.name, record.value)
  return { domain: 'example.org', selector, algorithm, privateKey: createPrivateKey(pem) }
}
const rsa = await newKey('r1', 'rsa-sha256')
const ed25519 = await newKey('e1', 'ed25519-sha256')

const resolver = async (name: string, type: string): Promise<string[][]> => {
  const record = published.get(name)
  if (type !== 'TXT' || record === undefined) throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
  return [[record]]
}

/** The result that mailauth gives for each signature. */
async function verdicts(message: Buffer): Promise<string[]> {
  const { results } = await dkimVerify(message, { resolver })
  return results.map(({ status }) => status.result)
}

async function signed(content: Buffer, keys: DkimKey[] = [rsa, ed25519]): Promise<Buffer> {
  const fields = await signDkim(parseMessage(content), keys)
  return Buffer.concat([...fields.map(({ octets }) => octets), content])
}

/** Prepares a message as a submission does. */
function taken(raw: Buffer): Buffer {
  const { content } = normaliseContent(raw)
  const recipients = [{ address: 'a@example.net' }]
  const { message } = fixHeaders(parseMessage(content), {
    id: 'q1',
    hostName: 'mail.example.org',
    now: Date.now(),
    protocol: 'ESMTPSA',
    recipients,
    submitting: { login: 'a@example.org', mayUse: () => true },
  })
  return octetsOf(message)
}

const MESSAGES: Record<string, string> = {
  plain: 'From: Kim <kim@example.org>\r\nTo: a@example.net\r\nSubject: hello\r\n\r\nHello.\r\n',
  'without a body': 'From: kim@example.org\r\n\r\n',
  'without a blank line': 'From: kim@example.org\r\nSubject: a\r\n',
  'of empty lines': 'From: kim@example.org\r\n\r\n\r\n\r\n\r\n',
  'of white space': 'From: kim@example.org\r\n\r\n \t \r\n\t\r\n',
  'with empty lines at the end': 'From: kim@example.org\r\n\r\na\r\n\r\nb\r\n\r\n \r\n',
  'with odd white space':
    'FROM:  Kim\t<kim@example.org>  \r\nSubject:  a\t b\r\n \t c \r\nTo:a@b.c\r\n\r\n a \t b \r\n\tc\r\n',
  'in UTF-8':
    'From: K\u00efm <kim@example.org>\r\nSubject: voil\u00e0\r\nTo: "\u00a0" <a@b.c>\r\n\r\nvoil\u00e0\r\n\u00a0\r\n',
  'with fields that repeat': `From: kim@example.org\r\n${'List-Unsubscribe: <https://a/1>\r\nList-Unsubscribe: <https://a/2>\r\nContent-Type: a/b\r\nContent-Type: c/d\r\n'.repeat(3)}\r\nbody\r\n`,
}

for (const [kind, text] of Object.entries(MESSAGES)) {
  test(`mailauth verifies both signatures of a message ${kind}`, async () => {
    assert.deepEqual(await verdicts(await signed(taken(Buffer.from(text)))), ['pass', 'pass'])
  })
}

// Separate, because dkimpy 1.1 cannot read such a message (it is obsolete by RFC 5322, 4.5.8; RFC 6376, 3.4.2 provides for it).
test('mailauth verifies both signatures of a message with white space before a colon', async () => {
  const message = taken(Buffer.from('From : kim@example.org\r\nSubject\t: a\r\n\r\nbody\r\n'))
  assert.deepEqual(await verdicts(await signed(message)), ['pass', 'pass'])
})

const PYTHON = ['python3', '/usr/bin/python3'].find(
  (python) => spawnSync(python, ['-c', 'import dkim, nacl']).status === 0,
)

test(
  'dkimpy verifies the same messages',
  { skip: PYTHON === undefined && 'python3 has no dkim and nacl' },
  async () => {
    const messages = await Promise.all(Object.values(MESSAGES).map((text) => signed(taken(Buffer.from(text)))))
    const program = `
import base64, json, sys, dkim
given = json.load(sys.stdin)
txt = lambda name, timeout=5: given['records'][name.decode().rstrip('.')].encode()
verify = lambda message: [dkim.DKIM(message).verify(idx=at, dnsfunc=txt) for at in (0, 1)]
print(json.dumps([verify(base64.b64decode(message)) for message in given['messages']]))`
    const input = JSON.stringify({
      records: Object.fromEntries(published),
      messages: messages.map((message) => message.toString('base64')),
    })
    const { stdout, stderr } = spawnSync(PYTHON ?? '', ['-c', program], { input, encoding: 'utf8' })
    assert.deepEqual(
      JSON.parse(stdout || '[]'),
      Object.keys(MESSAGES).map(() => [true, true]),
      stderr,
    )
  },
)

test('signed parts cannot be changed, and no second From, Subject or Reply-To can be added', async () => {
  const message = (await signed(taken(Buffer.from(MESSAGES.plain ?? '')))).toString()
  const changes = [
    (text: string) => text.replace('Hello.', 'Hello!'),
    (text: string) => `${text}more\r\n`,
    (text: string) => text.replace('Subject: hello', 'Subject: bye'),
    (text: string) => `From: boss@example.org\r\n${text}`,
    (text: string) => `Subject: bye\r\n${text}`,
    (text: string) => text.replace('\r\n\r\n', '\r\nReply-To: thief@example.net\r\n\r\n'),
  ]
  for (const change of changes) {
    assert.notEqual(change(message), message)
    const results = await verdicts(Buffer.from(change(message)))
    assert.ok(results.length === 2 && results.every((result) => result !== 'pass'), String(change))
  }
  assert.deepEqual(await verdicts(Buffer.from(`X-Spam: no\r\nReceived: by b\r\n${message}`)), ['pass', 'pass'])
})

test('the fields name the relaxed form and no length, and their lines fit', async () => {
  const many = Buffer.from(`From: a@example.org\r\n${'Resent-To: b@c.d\r\n'.repeat(60)}\r\nbody\r\n`)
  const signature = await signDkim(parseMessage(many), [rsa, ed25519], 1_700_000_000_999)
  const fields = signature.map(({ octets }) => octets).join('')
  const tags = fields.split(/(?=DKIM-Signature: )/).map((field) => {
    const list = field.replace('DKIM-Signature:', '').replace(/\s+/g, '').split(';')
    return new Map(list.map((tag) => [tag.slice(0, tag.indexOf('=')), tag.slice(tag.indexOf('=') + 1)]))
  })
  assert.deepEqual(
    tags.map((tag) => ['v', 'a', 'c', 'd', 's', 't', 'l'].map((name) => tag.get(name))),
    [
      ['1', 'rsa-sha256', 'relaxed/relaxed', 'example.org', 'r1', '1700000000', undefined],
      ['1', 'ed25519-sha256', 'relaxed/relaxed', 'example.org', 'e1', '1700000000', undefined],
    ],
  )
  assert.equal(
    tags[0]
      ?.get('h')
      ?.split(':')
      .filter((name) => name === 'from').length,
    2,
  )
  for (const line of fields.split('\r\n')) assert.ok(line.length <= 120, line)
  assert.equal((await signDkim(parseMessage(many), [])).length, 0)
})

test('a key is published under its selector: the whole RSA key, the bare Ed25519 key', () => {
  assert.deepEqual([...published.keys()], ['r1._domainkey.example.org', 'e1._domainkey.example.org'])
  assert.match(published.get('r1._domainkey.example.org') ?? '', /^v=DKIM1; k=rsa; p=MII[A-Za-z0-9+/]{389}$/)
  assert.match(published.get('e1._domainkey.example.org') ?? '', /^v=DKIM1; k=ed25519; p=[A-Za-z0-9+/]{43}=$/)
})

const bits = fc.constantFrom(
  ' ',
  '  ',
  '\t',
  '\r\n',
  ' \r\n',
  '\r\n ',
  '\n',
  '\r',
  'word',
  '\u00e0',
  '\u00a0',
  '.',
  '\u000b',
  '\u000c',
  ':',
  ';',
)
const bitsOf = (most: number) =>
  fc.array(fc.oneof(bits, fc.string({ maxLength: 4 })), { maxLength: most }).map((parts) => parts.join(''))
const name = fc.constantFrom('Subject', 'To', 'Content-Type', 'List-Unsubscribe', 'X-Other', 'Reply-To ', 'CC\t')

test('mailauth verifies the signature of every message that is accepted', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(name, bitsOf(6)), { maxLength: 5 }), bitsOf(20), async (fields, body) => {
      const given = `From: kim@example.org\r\n${fields.map((field) => field.join(':')).join('\r\n')}\r\n\r\n${body}`
      let content
      try {
        content = taken(Buffer.from(given.replaceAll('\0', '')))
      } catch (error) {
        if (error instanceof ContentRefusedError) return
        throw error
      }
      assert.deepEqual(await verdicts(await signed(content, [ed25519])), ['pass'])
    }),
    { numRuns: 300 },
  )
})
