import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'

const ROOT = join(import.meta.dirname, '..', '..')
const pages = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], { cwd: ROOT })
  .toString()
  .trim()
  .split('\n')

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

/** The text without blocks of code, in which brackets mean other things. */
const prose = (text: string): string => text.replace(/^( *)```[^]*?^ *```$/gm, '').replace(/`[^`\n]*`/g, '`')

/** The anchors of a page's headings, as GitHub makes them. */
const anchors = (text: string): string[] =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  )

test('each link of each page leads to a file or folder, and to its heading', () => {
  const broken: string[] = []
  for (const page of pages)
    for (const [, link = ''] of prose(read(page)).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(link)) continue
      const [path = '', heading] = link.split('#')
      const file = path === '' ? page : join(dirname(page), path)
      if (!existsSync(join(ROOT, file))) broken.push(`${page}: ${link}`)
      else if (heading !== undefined && !anchors(read(file)).includes(heading)) broken.push(`${page}: ${link}`)
    }
  assert.deepEqual(broken, [])
})

test('each path of a source file that a page names exists', () => {
  // Decisions tell of the code as it was.
  const current = pages.filter((page) => !page.startsWith('docs/adr/') && page !== 'CHANGELOG.md')
  const missing: string[] = []
  for (const page of current)
    for (const [, path = ''] of read(page).matchAll(
      /`((?:lib|services|operator|standalone|cli|test|charts|images|examples)\/[\w./-]+)`/g,
    ))
      if (!existsSync(join(ROOT, path))) missing.push(`${page}: ${path}`)
  assert.deepEqual(missing, [])
})
