import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

export const PAGE = join(import.meta.dirname, '..', '..', 'docs', 'kubernetes', 'monitoring.md')

export interface PrometheusConfig {
  global?: Record<string, string>
  scrape_configs: {
    scrape_interval: string
    kubernetes_sd_configs?: unknown
    file_sd_configs?: { files: string[] }[]
    relabel_configs: unknown[]
  }[]
  rule_files: string[]
}

/** The configuration on the page, that looks for pods in a file instead of asking an API server: Debian's Prometheus is built without
 * Kubernetes. The file gives each pod the labels that the API server would, so that the rest of the page's configuration is used. */
export function pageConfig(targetsFile: string, rules: string): PrometheusConfig {
  const [, text] = /```yaml\n(scrape_configs:\n[^`]*)```/.exec(readFileSync(PAGE, 'utf8')) ?? []
  if (text === undefined) throw new Error(`${PAGE} has no example with scrape_configs`)
  const config = parse(text) as PrometheusConfig
  for (const scrape of config.scrape_configs) {
    delete scrape.kubernetes_sd_configs
    scrape.file_sd_configs = [{ files: [targetsFile] }]
  }
  return { ...config, rule_files: [rules] }
}
