import process from 'node:process'

/** Loaded before each test file: one that does not end is ended, and says what it waited for. The runner's own limit ends
 * tests, not the process of a file whose set-up failed. */
const FILE_MS = 12 * 60_000

setTimeout(() => {
  console.error(`${process.argv[1] ?? ''} did not end in ${FILE_MS / 60_000} minutes; it waits for`)
  console.error(process.getActiveResourcesInfo().join(', '))
  process.exit(1)
}, FILE_MS).unref()
