import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ROUTES } from '../../services/api/routes.ts'
import { clientSetupRecords } from '@postrider/operator/dns/client-setup'
import { readResource } from '@postrider/resources/read'
import { parse } from 'yaml'

const FOLDER = join(import.meta.dirname, '..', '..', 'docs', 'mail-clients')
const guides = readdirSync(FOLDER).map((name) => ({ name, text: readFileSync(join(FOLDER, name), 'utf8') }))
const whole = guides.map(({ text }) => text).join('\n')

test('each path in the guides is answered, and each path that is answered is in the guides', () => {
  const written = new Set(whole.match(/\/(?:\.well-known|mail\/config|autodiscover\/|apple\/)[\w./-]*\w/g))
  // What is below a path is an address.
  const answered = new Set(ROUTES.map(({ path }) => path.replace(/\/\*$/, '/v1.0/ADDRESS')))
  for (const path of written) assert.ok(answered.has(path), path)
  for (const path of answered) assert.ok(written.has(path), path)
})

test('the guides name the records that a Domain wants, and no others', () => {
  const records = [true, false].flatMap((implicitTls) =>
    clientSetupRecords({
      domainName: 'example.org',
      submission: { host: 'smtp.example.net', implicitTls: 465, startTls: 587 },
      incoming: (['imap', 'pop3'] as const).map((protocol) => {
        return { protocol, host: 'in.example.org', port: 1, implicitTls, userName: 'Address' }
      }),
      publicHost: 'setup.example.net',
    }),
  )
  const wanted = new Set(records.map(({ name }) => name.split('.')[0] ?? ''))
  for (const label of wanted) assert.ok(whole.includes(label), label)
  for (const label of whole.match(/(?<=`)_\w+(?=\._tcp)/g) ?? []) assert.ok(wanted.has(label), label)
})

test('each manifest in the guides is one', () => {
  const blocks = [...whole.matchAll(/^( *)```yaml\n([^]*?)^ *```$/gm)]
  assert.ok(blocks.length >= 3)
  for (const [, , block = ''] of blocks) {
    const read = readResource(parse(block), 'guide')
    assert.ok('resource' in read, JSON.stringify(read))
  }
})

test('each link leads somewhere, to its heading too', () => {
  const headings = (text: string): string[] =>
    [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) => title.toLowerCase().replace(/[^\w -]/g, '').replaceAll(' ', '-'))
  for (const { name, text } of guides)
    for (const [, link = ''] of text.matchAll(/\]\(([^)]+)\)/g)) {
      const [path = '', heading] = link.split('#')
      const file = join(FOLDER, path === '' ? name : path)
      assert.ok(existsSync(file), `${name}: ${link}`)
      if (heading !== undefined) assert.ok(headings(readFileSync(file, 'utf8')).includes(heading), `${name}: ${link}`)
    }
})
