/** `make notices`: the notices to senders in some two dozen cases, as a page. With `--write` it becomes docs/notices.md. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { collectNotices } from './collect.ts'
import type { SeenNotice } from './collect.ts'

const PAGE = `# Notices to senders

When a message cannot be delivered, is delayed, or was delivered and its sender asked for a notice, the platform sends a notice to the
envelope sender: a delivery status notification (RFC 3464), with a text for people and fields for programs. This page shows the notices as
a mail client does, each for a real message that failed for that reason. \`make notices ARGS=--write\` writes this page.

The reply of the recipient's server follows "said". What the platform found out itself follows "Details", and its \`Diagnostic-Code\` is
\`x-postrider\`, not \`smtp\` (RFC 3464, 2.3.6). After an expiry the status is 4.4.7 or, if no server replied, that of the obstacle, such as
4.4.1 (RFC 3463, 3.5). The messages here expire after some seconds, not five days.

`

const section = ({ cause, subject, text, fields }: SeenNotice): string => {
  const rows = ['Action', 'Status', 'Diagnostic-Code', 'Remote-MTA']
    .map((name) => `${name}: ${fields.get(name) ?? '(none)'}`)
    .join('\n')
  return `## ${cause.title.charAt(0).toUpperCase()}${cause.title.slice(1)}\n\n\`\`\`text\nSubject: ${subject}\n\n${text.trimEnd()}\n\`\`\`\n\n\`\`\`text\n${rows}\n\`\`\`\n`
}

const page = PAGE + (await collectNotices()).map(section).join('\n')
if (process.argv.includes('--write')) writeFileSync(join(import.meta.dirname, '..', '..', 'docs', 'notices.md'), page)
else console.log(page)
