import type { Cell, Measured } from './measure.ts'

/** The runs of a cell, in pairs: first Postfix, then Postrider. */
export interface Row {
  cell: Cell
  pairs: [Measured, Measured][]
}

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? (sorted[middle] ?? NaN) : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2
}

const HEAD = ['load', 'measure', 'Postfix', 'Postrider', 'ratio', 'ratios of pairs']

/** Text of the results: medians, and the median of the ratios Postrider/Postfix of each pair. */
export function table(rows: Row[]): string {
  const lines = [HEAD, HEAD.map(() => '---'), ...rows.flatMap(linesOf)]
  const widths = HEAD.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  return lines
    .map((line) => `| ${line.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |\n`)
    .join('')
}

function linesOf({ cell, pairs }: Row): string[][] {
  const measures: [string, (run: Measured) => number, number][] = [
    ['accept, msg/s', (run) => run.accept, 0],
    ['end to end, msg/s', (run) => run.endToEnd, 0],
    ['CPU, ms/msg', (run) => run.cpuMs, 2],
    ['peak memory (PSS), MB', (run) => run.pssMb, 0],
    ['peak memory (RSS), MB', (run) => run.rssMb, 0],
    ['duplicates', (run) => run.duplicates, 0],
  ]
  return measures.map(([name, of, digits], index) => {
    const ratios = pairs.map(([postfix, postrider]) => of(postrider) / of(postfix))
    const figure = (contender: 0 | 1) => median(pairs.map((pair) => of(pair[contender]))).toFixed(digits)
    const comparable = ratios.every(Number.isFinite)
    return [
      index === 0 ? label(cell) : '',
      name,
      figure(0),
      figure(1),
      comparable ? median(ratios).toFixed(2) : '',
      comparable ? ratios.map((ratio) => ratio.toFixed(2)).join(' ') : '',
    ]
  })
}

export function label({ dkim, sessions, reuse, messages }: Cell): string {
  return `${dkim ? 'DKIM' : 'no DKIM'}, ${sessions} sessions, ${reuse ? 'many a connection' : 'one a connection'}, ${messages} msgs`
}
