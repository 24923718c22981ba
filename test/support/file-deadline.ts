import { after } from 'node:test'
import process from 'node:process'

/** Loaded before each test file: one that does not end is ended, and says what it waited for. The runner's own limit ends
 * tests, not the process of a file whose set-up failed. */
const FILE_MS = 12 * 60_000
/** After its last test a file has so long to close what it opened. Milliseconds. */
const CLOSE_MS = 60_000

setTimeout(() => end('did not end in time'), FILE_MS).unref()
// A file whose set-up failed has servers open that no one closes. It ends with its last test all the same, and only once its results
// are written: the runner's own forceExit cuts them off.
after(() => void setTimeout(() => end('left open what keeps it alive'), CLOSE_MS).unref())

function end(why: string): void {
  console.error(`${process.argv[1] ?? ''} ${why}: ${process.getActiveResourcesInfo().join(', ')}`)
  process.exitCode ??= 0
  process.stderr.write('', () => process.stdout.write('', () => process.exit()))
}
