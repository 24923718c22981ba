import type { Verdict } from './check.ts'

/** One line of the table: a check and what became of it at each service. */
export interface Row {
  theme: string
  name: string
  rfc: string
  verdicts: Verdict[]
}

/** The table as Markdown, a section a theme, and what failed where below it. */
export function table(services: string[], rows: Row[]): string {
  const themes = [...new Set(rows.map(({ theme }) => theme))]
  const sections = themes.flatMap((theme) => [
    `## ${theme}`,
    '',
    `| check | RFC | ${services.join(' | ')} |`,
    `|---|---|${services.map(() => '---').join('|')}|`,
    ...rows
      .filter((row) => row.theme === theme)
      .map(
        ({ name, rfc, verdicts }) => `| ${cell(name)} | ${rfc} | ${verdicts.map(({ result }) => result).join(' | ')} |`,
      ),
    '',
  ])
  return [...counts(services, rows), '', ...sections, ...failures(services, rows)].join('\n').trimEnd() + '\n'
}

function counts(services: string[], rows: Row[]): string[] {
  return services.map((service, index) => {
    const of = (result: Verdict['result']): number =>
      rows.filter(({ verdicts }) => verdicts[index]?.result === result).length
    return `- ${service}: ${rows.length} checks, ${of('pass')} pass, ${of('fail')} fail, ${of('not offered')} not offered`
  })
}

function failures(services: string[], rows: Row[]): string[] {
  const lines = rows.flatMap(({ name, verdicts }) =>
    verdicts.flatMap((verdict, index) =>
      verdict.result === 'fail' ? [`- ${services[index] ?? ''}, ${cell(name)}: ${cell(verdict.why)}`] : [],
    ),
  )
  return lines.length === 0 ? [] : ['## Failed checks', '', ...lines]
}

/** Text as code where it has characters that Markdown would take for its own. */
const cell = (text: string): string =>
  /[|<>`*\\_]/.test(text) ? `\`${text.replaceAll('|', '/').replaceAll('`', "'")}\`` : text
