/** Rows as a table of Markdown, the first row its head, with columns of one width. */
export function markdown(rows: string[][]): string {
  const head = rows[0] ?? []
  const widths = head.map((_, column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)))
  const lines = [head, widths.map((width) => '-'.repeat(width)), ...rows.slice(1)]
  return lines
    .map((line) => `| ${widths.map((width, column) => (line[column] ?? '').padEnd(width)).join(' | ')} |`)
    .join('\n')
}
