import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { helmMissing, renderChart } from '../support/helm.ts'
import { DASHBOARD, NEEDS_KUBERNETES, NEEDS_SCANNERS, panelQueries, readDashboard } from './dashboard.ts'
import type { Panel } from './dashboard.ts'
import { knownSeries, ownMetrics, seriesIn } from './metrics.ts'

const { panels, templating } = readDashboard()
const shown = panels.filter(({ type }) => type !== 'row')

test('each panel says what it shows, in which unit, and is found by its title', () => {
  const titles = shown.map(({ title }) => title)
  assert.deepEqual([...new Set(titles)], titles)
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length)
  for (const { title, description = '', fieldConfig } of shown) {
    assert.ok(description.length > 20, title)
    assert.ok((fieldConfig?.defaults.unit ?? '') !== '', title)
  }
  for (const title of Object.keys({ ...NEEDS_KUBERNETES, ...NEEDS_SCANNERS })) assert.ok(titles.includes(title), title)
})

test('no panel lies on another, or beside the grid', () => {
  const overlaps = ({ gridPos: a }: Panel, { gridPos: b }: Panel): boolean =>
    a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
  for (const [index, panel] of panels.entries()) {
    assert.ok(panel.gridPos.x + panel.gridPos.w <= 24, panel.title)
    for (const other of panels.slice(index + 1)) assert.ok(!overlaps(panel, other), `${panel.title}, ${other.title}`)
  }
})

test('each query asks the chosen data source for the chosen namespaces', () => {
  assert.deepEqual(
    templating.list.map(({ name }) => name),
    ['datasource', 'namespace'],
  )
  for (const { title, targets = [], datasource } of shown) {
    assert.ok(targets.length > 0, title)
    assert.equal(datasource?.uid, '${datasource}', title)
    for (const { expr, datasource: own } of targets) {
      assert.equal(own.uid, '${datasource}', title)
      const selectors = expr.match(/\b(?:postrider|process|nodejs)_\w+(?=\{)/g) ?? []
      const chosen = expr.match(/namespace=~"\$namespace"/g) ?? []
      assert.ok(selectors.length > 0 && chosen.length >= selectors.length, `${title}: ${expr}`)
      assert.doesNotMatch(expr, /\b(?:postrider|process|nodejs)_\w+\[/, `${title}: ${expr}`)
    }
  }
  for (const { panel, query } of panelQueries('mail')) assert.doesNotMatch(query, /\$/, panel)
})

test('the queries name metrics that are there, and each metric is on the dashboard', () => {
  const known = knownSeries()
  const named = new Set(panelQueries('mail').flatMap(({ query }) => seriesIn(query)))
  for (const name of named) assert.ok(known.has(name), name)
  const shown = new Set([...named].map((name) => name.replace(/_(bucket|sum|count)$/, '')))
  for (const { name } of ownMetrics()) assert.ok(shown.has(name) || named.has(name), name)
})

test('the chart brings the dashboard where Grafana looks for it', { skip: helmMissing() }, async () => {
  type ConfigMap = Awaited<ReturnType<typeof renderChart>>[number] & { data?: Record<string, string> }
  const dashboards = async (...values: string[]): Promise<ConfigMap[]> =>
    (await renderChart<ConfigMap>('rel', 'mail', values)).filter(
      ({ metadata }) => metadata?.labels?.['grafana_dashboard'] === '1',
    )
  const [made, ...more] = await dashboards('dashboards.labels.team=mail')
  assert.equal(more.length, 0)
  assert.equal(made?.kind, 'ConfigMap')
  assert.equal(made.metadata?.labels?.['team'], 'mail')
  assert.deepEqual(JSON.parse(made.data?.['postrider.json'] ?? ''), JSON.parse(readFileSync(DASHBOARD, 'utf8')))
  assert.equal((await dashboards('dashboards.enabled=false')).length, 0)
})
