import type { Trial } from './try-program.ts'

export interface Row {
  name: string
  wrote: string
  ours: Trial
  theirs: Trial | undefined
  /** Valid signatures by mailauth, then by dkimpy. */
  signatures: string
  /** Empty when all is as wanted. */
  wrong: string
}

const WORDS: Record<Trial['result'], string> = {
  same: 'arrived, octet for octet',
  read: 'arrived, the same when read',
  changed: 'arrived changed',
  refused: 'refused',
  failed: 'not sent',
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replace(/[\r\n]+/g, ' ')

function outcome(trial: Trial | undefined): string {
  if (trial === undefined) return ''
  const { result, detail } = trial
  const why = result === 'refused' || result === 'failed' || result === 'changed' ? `: ${detail.slice(0, 160)}` : ''
  return `${WORDS[result]}${why.replaceAll('`', "'")}`
}

/** The page of `make programs`. Pure. */
export function programsPage(rows: Row[]): string {
  const lines = rows.map(
    ({ name, wrote, ours, theirs, signatures }) =>
      `| ${[name, wrote, outcome(ours), signatures, outcome(theirs)].map(cell).join(' | ')} |`,
  )
  return `# Mail as programs write it

What real programs hand to a submission server, and what arrives at the recipient's server. Each program logs in with TLS and sends one message
to Postrider and the same to Postfix 3.7 as Debian 12 configures it; a recorder between them writes down what the program wrote.

- "octet for octet": but for the fields that a submission server adds (RFC 6409, 8), line ends, and Bcc
- "the same when read": Python's email package finds the same sender, recipients, subject, references and decoded parts
- DKIM: valid signatures found by mailauth, then by dkimpy

Programs that do not run on Linux are represented by a message as they were seen to write it, sent as it is. \`make programs ARGS=--write\`
writes this page.

| program | wrote | Postrider | DKIM | Postfix |
|---|---|---|---|---|
${lines.join('\n')}
`
}
