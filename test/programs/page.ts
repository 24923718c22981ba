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

This page compares what real programs submit with what arrives at the recipient's server. Each program logs in with TLS and sends one
message to Postrider, and the same message to Postfix 3.7 as Debian 12 configures it. A recorder between them stores what the program wrote.

- "octet for octet": identical except for the fields that a submission server adds (RFC 6409, 8), line ends, and Bcc
- "the same when read": Python's email package finds the same sender, recipients, subject, references and decoded parts
- DKIM: the number of valid signatures according to mailauth, then according to dkimpy

For programs that do not run on Linux, a recorded message of theirs is sent unchanged. \`make programs ARGS=--write\` writes this page.

| program | wrote | Postrider | DKIM | Postfix |
|---|---|---|---|---|
${lines.join('\n')}
`
}
