import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { stringify } from 'yaml'
import { needs } from '../support/needs.ts'
import { metricRows, namedInCode, ownMetrics } from './metrics.ts'
import { PAGE, pageConfig } from './page.ts'
import { RULES } from './rules.ts'

const run = promisify(execFile)

test('the page lists every metric with its own words', () => {
  const rows = readFileSync(PAGE, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `postrider_'))
  assert.deepEqual(rows, metricRows())
})

test('the list of metrics has each one that the code names', () => {
  const listed = new Set(ownMetrics().map(({ name }) => name))
  const named = namedInCode()
  assert.ok(named.length > 30)
  assert.deepEqual(
    named.filter((name) => !listed.has(name)),
    [],
  )
})

test('Prometheus takes the configuration on the page', { skip: needs('promtool', 'prometheus') }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'postrider-monitoring-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const targets = join(folder, 'targets.json')
  writeFileSync(targets, '[]')
  writeFileSync(join(folder, 'prometheus.yaml'), stringify(pageConfig(targets, RULES)))
  const { stdout } = await run('promtool', ['check', 'config', join(folder, 'prometheus.yaml')])
  // The rules are read with it.
  assert.match(stdout, /SUCCESS: \d+ rules found/)
})
