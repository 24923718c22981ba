import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { judge } from './check.ts'
import { postfixSubmissionMissing, startPostfixSubmission } from './postfix-submission.ts'
import type { RunningService } from './postfix-submission.ts'
import { startPostrider } from './postrider.ts'
import { SUITE } from './suite.ts'
import { table } from './table.ts'
import type { Row } from './table.ts'

/** `make blackbox`: every check against Postrider and, where it is installed, Postfix; one table. With `--write` it becomes
 * docs/blackbox.md. Fails when Postrider does. */
export const MESSAGE_BYTES = 1_048_576
const PAGE = `# RFC conformance of the submission ports

\`test/blackbox\` tests over raw sockets what the RFCs require of a submission server. It tests Postrider with its default settings, and
Postfix 3.7 of Debian 12 with the \`submission\` and \`submissions\` services as Debian configures them (logins by Cyrus SASL). A check
compares reply codes and the mail that arrives, never the text of a reply. "Not offered" means that the server does not announce the
extension, so it is not tested. \`make blackbox ARGS=--write\` writes this page.

`

const missing = postfixSubmissionMissing()
if (missing !== false) console.log(`without Postfix: ${missing}`)
const running: RunningService[] = [await startPostrider(MESSAGE_BYTES)]
try {
  if (missing === false) running.push(await startPostfixSubmission(MESSAGE_BYTES))
  const services = running.map(({ service }) => service)
  const rows: Row[] = []
  for (const [theme, checks] of Object.entries(SUITE)) {
    for (const check of checks) {
      const verdicts = await Promise.all(services.map((service) => judge(check, service)))
      rows.push({ theme, name: check.name, rfc: check.rfc, verdicts })
    }
  }
  const text = table(
    services.map(({ name }) => name),
    rows,
  )
  console.log(text)
  if (process.argv.includes('--write')) {
    writeFileSync(join(import.meta.dirname, '..', '..', 'docs', 'blackbox.md'), PAGE + text)
  }
  if (rows.some(({ verdicts }) => verdicts[0]?.result !== 'pass')) process.exitCode = 1
} finally {
  for (const one of running) await one.stop()
}
