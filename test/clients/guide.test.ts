import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { GuideUnclear, fillIn, readGuide } from './guide.ts'
import { LIBRARIES } from './libraries.ts'

const FOLDER = join(import.meta.dirname, '..', '..', 'docs', 'integrations')

const GUIDE = [
  '# A client',
  '```js',
  'prose()',
  '```',
  '```js send.mjs',
  'send("smtp.example.com", 465)',
  '```',
  '```sh run by hand',
  'node send.mjs',
  '```',
  '```sh trust',
  'export CA=/path/to/ca.pem',
  '```',
  '```text wrong-password',
  'one',
  'two',
  '```',
].join('\n')

test('a guide is its named blocks: files, ways to run, trust, and what is seen when it goes wrong', () => {
  assert.deepEqual(readGuide(GUIDE), {
    title: 'A client',
    files: { 'send.mjs': 'send("smtp.example.com", 465)\n' },
    ways: [{ label: 'by hand', script: 'node send.mjs\n' }],
    trust: 'export CA=/path/to/ca.pem\n',
    mishaps: { 'wrong-password': ['one', 'two'] },
  })
})

test('a guide that cannot be run as it stands is refused', () => {
  assert.throws(() => readGuide(GUIDE.replace('sh run by hand', 'sh')), GuideUnclear)
  assert.throws(() => readGuide(GUIDE.replace('sh trust', 'sh')), GuideUnclear)
  assert.throws(() => readGuide(GUIDE.replace('js send.mjs', 'js ../send.mjs')), GuideUnclear)
  assert.throws(() => readGuide(GUIDE.replace('js\n', 'js send.mjs\n')), GuideUnclear)
})

test("a reader's values replace the placeholders, encoded where the line is a URL", () => {
  const values = {
    host: 'localhost',
    submissions: 1465,
    submission: 1587,
    username: 'a@b.example',
    password: 'p$&/',
    caFile: '/ca',
  }
  assert.equal(
    fillIn('your-username:your-password smtp.example.com:465 587 4650 /path/to/ca.pem', values),
    'a@b.example:p$&/ localhost:1465 1587 4650 /ca',
  )
  assert.equal(
    fillIn('smtps://your-username:your-password@smtp.example.com:465', values),
    'smtps://a%40b.example:p%24%26%2F@localhost:1465',
  )
})

test('every guide can be read, names its errors, is run by make test-clients, and is in the index', () => {
  const index = readFileSync(join(FOLDER, 'README.md'), 'utf8')
  for (const name of Object.keys(LIBRARIES)) {
    const guide = readGuide(readFileSync(join(FOLDER, `${name}.md`), 'utf8'))
    assert.ok(guide.mishaps['wrong-password'] !== undefined, `${name}.md shows no wrong password`)
    assert.ok(index.includes(`(${name}.md)`), `the index does not link ${name}.md`)
  }
  // Guides with blocks to run that nothing runs would be code that no one has tried.
  for (const file of readdirSync(FOLDER)) {
    const runs = /^```sh run/m.test(readFileSync(join(FOLDER, file), 'utf8'))
    assert.equal(runs && !(file.replace('.md', '') in LIBRARIES), false, `${file} is not run`)
  }
})
