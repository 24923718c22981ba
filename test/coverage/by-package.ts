export interface MeasuredFile {
  /** Relative to the repository. */
  path: string
  lines: number
  covered: number
}

const PACKAGE = /^(?:(?:lib|services)\/[^/]+|operator|standalone|cli)/

/** Production code: what the tests themselves are made of says nothing. */
export const isMeasured = (path: string): boolean => PACKAGE.test(path) && !path.endsWith('.test.ts')

/** A line for each package and one for all, with the share of covered lines. */
export function byPackage(files: readonly MeasuredFile[]): string[] {
  const groups = Map.groupBy(files, ({ path }) => PACKAGE.exec(path)?.[0] ?? path)
  const packages = [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, group]) => rowOf(name, group))
  return [...packages, rowOf('all', files)]
}

function rowOf(name: string, files: readonly MeasuredFile[]): string {
  let [lines, covered] = [0, 0]
  for (const file of files) {
    lines += file.lines
    covered += file.covered
  }
  const share = lines === 0 ? '' : `${((100 * covered) / lines).toFixed(1)} %`
  return `${name.padEnd(28)}${share.padStart(8)}  ${covered} of ${lines} lines in ${files.length} files`
}
