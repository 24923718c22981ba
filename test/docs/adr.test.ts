import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const FOLDER = join(import.meta.dirname, '..', '..', 'docs', 'adr')
const pages = readdirSync(FOLDER)
  .filter((name) => name !== 'README.md')
  .sort()

test('each decision begins with its number, title, date and status, and the index repeats them', () => {
  const index = readFileSync(join(FOLDER, 'README.md'), 'utf8')
  const rows = pages.map((name) => {
    const [heading = '', , line = ''] = readFileSync(join(FOLDER, name), 'utf8').split('\n')
    const [, number = '', title = ''] = /^# (\d+)\. (.+)$/.exec(heading) ?? []
    assert.equal(number.padStart(4, '0'), name.slice(0, 4), `${name}: ${heading}`)
    const [, date = '', status = ''] =
      /^Date: (\d{4}-\d\d-\d\d)\. Status: (proposed|accepted|superseded by \d+)\.$/.exec(line) ?? []
    assert.ok(status !== '', `${name}: ${line}`)
    return `| ${number} | [${title}](${name}) | ${date} | ${status} |`
  })
  assert.deepEqual(
    index.split('\n').filter((line) => /^\| \d/.test(line)),
    rows,
  )
})
