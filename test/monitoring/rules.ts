import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { CHART } from '../support/helm.ts'

export const RULES = join(CHART, 'rules', 'postrider.yaml')
export const RUNBOOKS = join(import.meta.dirname, '..', '..', 'docs', 'runbooks')

export interface AlertRule {
  alert: string
  expr: string
  labels: Record<string, string>
  annotations: Record<string, string>
}

interface UnitTests {
  tests: {
    input_series: { series: string }[]
    promql_expr_test: { expr: string; exp_samples: { labels: string }[] }[]
  }[]
}

/** The alerts of the chart's rule file. */
export function alertRules(): AlertRule[] {
  const { groups } = parse(readFileSync(RULES, 'utf8')) as { groups: { rules: AlertRule[] }[] }
  return groups.flatMap(({ rules }) => rules)
}

/** The files of promtool's unit tests. */
export function ruleTests(): string[] {
  const folder = join(import.meta.dirname, 'rules')
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name))
}

/** What the unit tests show of each alert: that it fires, and that it is silent: at some time, or for some of the stories. */
export function alertRuns(): Map<string, { fires: boolean; silent: boolean }> {
  const runs = new Map<string, { fires: boolean; silent: boolean }>()
  for (const file of ruleTests()) {
    const { tests } = parse(readFileSync(file, 'utf8')) as UnitTests
    for (const { input_series: series, promql_expr_test: expectations } of tests) {
      const stories = [...new Set(series.map((one) => storyOf(one.series)))]
      for (const { expr, exp_samples: samples } of expectations) {
        const alert = /alertname="(\w+)"/.exec(expr)?.[1] ?? ''
        const told = new Set(samples.map(({ labels }) => storyOf(labels)))
        const { fires, silent } = runs.get(alert) ?? { fires: false, silent: false }
        runs.set(alert, {
          fires: fires || samples.length > 0,
          silent: silent || samples.length === 0 || stories.some((story) => !told.has(story)),
        })
      }
    }
  }
  return runs
}

/** In a unit test each platform, or each tenant of one, has a story of its own. */
const storyOf = (labels: string): string =>
  /tenant="([^"]*)"/.exec(labels)?.[1] ?? /namespace="([^"]*)"/.exec(labels)?.[1] ?? ''
