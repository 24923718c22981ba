import { glob } from 'node:fs/promises'
import { matchesGlob } from 'node:path'

const PATTERN = '{lib,services,operator,standalone,cli,test}/**/*.test.ts'
/** The journey needs a cluster: `make e2e` brings one up and runs it. */
const EXCLUDED = ['**/node_modules/**', 'test/e2e/**']

/** True for a test file that `make test` runs. `path` is relative to the repository. */
export const isRun = (path: string): boolean =>
  matchesGlob(path, PATTERN) && !EXCLUDED.some((pattern) => matchesGlob(path, pattern))

/** The test files that `make test` runs, sorted, relative to `root`. */
export async function testFiles(root: string): Promise<string[]> {
  return (await Array.fromAsync(glob(PATTERN, { cwd: root, exclude: EXCLUDED }))).sort()
}
