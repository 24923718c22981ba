/** A hook at the top of a file, or a mock that outlives its test: in a shared process these reach the tests of other files. */
const NOT_SHARED = /^(?:before|after|beforeEach|afterEach)\(|\bmock\b[^\n]*\bfrom 'node:test'/m

/** Divides test files among processes. Most of a small file's time is the start of a process and the loading of its imports, so files
 * share one of `processes` where they can; the others come last, each by itself. */
export function batchesOf(files: { file: string; text: string }[], processes: number): string[][] {
  const shared: string[][] = Array.from({ length: processes }, () => [])
  const alone: string[][] = []
  let next = 0
  for (const { file, text } of files) {
    if (NOT_SHARED.test(text)) alone.push([file])
    else shared[next++ % processes]?.push(file)
  }
  return [...shared.filter((batch) => batch.length > 0), ...alone]
}
