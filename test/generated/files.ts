import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { definitionFiles } from '@postrider/resources/crd/files'
import { referencePage } from '@postrider/resources/reference'
import { DEFAULT_RETRY } from '@postrider/retry/schedule'
import { scheduleTable } from '@postrider/retry/table'
import { metricRows } from '../monitoring/metrics.ts'
import { goldenShapes } from '../support/golden-shapes.ts'

/** Everything in the repository that is generated from code, by its path: what `make generate` writes and fresh.test.ts compares. */
export async function generatedFiles(root: string): Promise<Map<string, string>> {
  const files = new Map<string, string>()
  for (const [name, text] of await definitionFiles()) {
    files.set(`crds/${name}`, text)
    files.set(`charts/postrider/crd-files/${name}`, text)
  }
  for (const [path, text] of await goldenShapes()) files.set(path, text)
  files.set('docs/resources.md', `${referencePage()}\n`)
  for (const { path, first, last, lines } of TABLES) {
    const page = await readFile(join(root, path), 'utf8')
    files.set(path, withLines(page, { first, last, lines: lines() }))
  }
  return files
}

/** The lines of hand-written pages that are generated: from the one that `first` matches to the last one that `last` matches. */
const TABLES = [
  {
    path: 'docs/retry-schedule.md',
    first: /^\| attempt \|/,
    last: /^\d+ attempts in all/,
    lines: () => scheduleTable(DEFAULT_RETRY).split('\n'),
  },
  {
    path: 'docs/kubernetes/monitoring.md',
    first: /^\| `postrider_/,
    last: /^\| `postrider_/,
    lines: metricRows,
  },
]

/** A page with some of its lines replaced. Throws when it does not have them: the page was rewritten, and TABLES must follow. */
export function withLines(
  page: string,
  { first, last, lines }: { first: RegExp; last: RegExp; lines: string[] },
): string {
  const all = page.split('\n')
  const start = all.findIndex((line) => first.test(line))
  const end = all.findLastIndex((line) => last.test(line))
  if (start === -1 || end < start) throw new Error(`no lines from ${String(first)} to ${String(last)}`)
  return all.toSpliced(start, end + 1 - start, ...lines).join('\n')
}
