import type { Result } from './trial.ts'

/** The results as a table of Markdown, with columns of one width. */
export function table(results: Result[]): string {
  const head = ['client', 'library', 'port', 'TLS', 'content (octets)', 'fields added', 'DKIM', 'result']
  const rows = results.map(({ client, version, port, tls, bytes, added, dkim, failures }) => [
    client,
    version,
    port,
    tls,
    bytes,
    added,
    dkim,
    failures.length === 0 ? 'ok' : 'FAILED',
  ])
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: string[]): string => `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`
  return [line(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.map(line)].join('\n')
}
