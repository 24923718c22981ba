import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { parse } from 'yaml'
import { helmMissing, renderChart } from '../support/helm.ts'
import { needs } from '../support/needs.ts'
import { readArguments, USAGE } from '../../cli/kubectl/arguments.ts'
import { knownSeries, seriesIn } from './metrics.ts'
import { alertRules, alertRuns, RULES, ruleTests, RUNBOOKS } from './rules.ts'

const run = promisify(execFile)
const skip = needs('promtool', 'prometheus')

const pageTexts = (): [page: string, text: string][] =>
  readdirSync(RUNBOOKS).map((page) => [page, readFileSync(join(RUNBOOKS, page), 'utf8')])

test('the rules are well made', { skip }, async () => {
  const { stdout } = await run('promtool', ['check', 'rules', RULES])
  assert.match(stdout, /SUCCESS/)
})

for (const file of ruleTests())
  test(`the alerts fire when they should, and only then: ${file}`, { skip }, async () => {
    await run('promtool', ['test', 'rules', file])
  })

test('each alert is shown to fire and to be silent', () => {
  const runs = alertRuns()
  for (const { alert } of alertRules()) {
    assert.ok(runs.get(alert)?.fires === true, `no unit test lets ${alert} fire`)
    assert.ok(runs.get(alert)?.silent === true, `no unit test has a series with which ${alert} stays silent`)
  }
})

test('each alert has a severity, its words and a page of its own, and each page an alert', () => {
  const alerts = alertRules()
  for (const { alert, labels, annotations } of alerts) {
    assert.match(labels['severity'] ?? '', /^(warning|critical)$/, alert)
    for (const name of ['summary', 'description']) assert.ok((annotations[name] ?? '').length > 10, `${alert}: ${name}`)
    assert.ok(annotations['runbook_url']?.endsWith(`/docs/runbooks/${alert}.md`), alert)
  }
  const pages = readdirSync(RUNBOOKS).filter((name) => name.startsWith('Postrider'))
  assert.deepEqual(pages.sort(), alerts.map(({ alert }) => `${alert}.md`).sort())
  for (const page of pages) {
    const text = readFileSync(join(RUNBOOKS, page), 'utf8')
    const severity = alerts.find(({ alert }) => `${alert}.md` === page)?.labels['severity'] ?? ''
    assert.ok(text.startsWith(`# ${page.slice(0, -3)}\n\nSeverity: ${severity}.\n`), page)
    for (const part of ['What it means', 'What users notice', 'How to investigate', 'How to fix it'])
      assert.ok(text.includes(`\n## ${part}\n`), `${page} has no part "${part}"`)
  }
})

test('the rules and the pages name only metrics that are there', () => {
  const known = knownSeries()
  const texts = [
    [
      'the rules',
      alertRules()
        .map(({ expr }) => expr)
        .join('\n'),
    ],
    ...pageTexts(),
  ] as const
  for (const [where, text] of texts)
    for (const name of seriesIn(text)) assert.ok(known.has(name), `${where}: there is no metric ${name}`)
})

test('the pages name only commands of kubectl postrider that are there', () => {
  const commands = pageTexts().flatMap(([page, text]) =>
    [...text.matchAll(/kubectl postrider ([^`\n]+)/g)].map((match) => ({ page, command: match[1] ?? '' })),
  )
  assert.ok(commands.length > 20)
  for (const { page, command } of commands) {
    // Throws for a flag that is not there.
    const { words } = readArguments(command.trim().split(/\s+/))
    const verb = words[0] === 'queue' && words.length > 1 ? words.slice(0, 2).join(' ') : words[0]
    assert.ok(new RegExp(`kubectl postrider ${verb}\\b`).test(USAGE), `${page}: ${command}`)
  }
})

test('the index of the pages has them all', () => {
  const index = readFileSync(join(RUNBOOKS, 'README.md'), 'utf8')
  const listed = [...index.matchAll(/^\| \[(\w+)\]\((\w+)\.md\) \| (\w+) \|/gm)].map(([, name, file, severity]) => {
    assert.equal(name, file)
    return { name, severity }
  })
  const alerts = alertRules().map(({ alert, labels }) => ({ name: alert, severity: labels['severity'] }))
  assert.deepEqual(listed, alerts)
})

test('each link of a page leads to something', () => {
  for (const [page, text] of pageTexts())
    for (const [, target = ''] of text.matchAll(/\]\(([^)#]+)[^)]*\)/g))
      assert.ok(existsSync(join(RUNBOOKS, target)), `${page}: ${target}`)
})

test('the chart brings the rules, with links to where the pages are', { skip: helmMissing() }, async () => {
  const values = ['prometheusRule.enabled=true', 'prometheusRule.runbookBaseUrl=https://wiki.example.org/mail']
  const objects = await renderChart('rel', 'mail', [...values, 'prometheusRule.labels.release=prometheus'])
  const rule = objects.find(({ kind }) => kind === 'PrometheusRule')
  assert.equal(rule?.metadata?.labels?.['release'], 'prometheus')
  const moved = readFileSync(RULES, 'utf8').replaceAll(/https:.*\/docs\/runbooks\//g, 'https://wiki.example.org/mail/')
  assert.deepEqual((rule as { spec?: unknown }).spec, parse(moved))
  assert.ok((await renderChart('rel', 'mail')).every(({ kind }) => kind !== 'PrometheusRule'))
})

test('a place of the pages that no link can lead to is refused', { skip: helmMissing() }, async () => {
  for (const place of ['wiki', 'https://wiki.example.org/mail/'])
    await assert.rejects(
      renderChart('rel', 'mail', [`prometheusRule.runbookBaseUrl=${place}`]),
      (error: { stderr?: string }) => /prometheusRule\/runbookBaseUrl/.test(error.stderr ?? ''),
      place,
    )
})
