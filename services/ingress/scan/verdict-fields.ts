import { newField } from '@postrider/mail/message'
import type { HeaderField, Message } from '@postrider/mail/message'
import type { ScanningConfig } from '@postrider/runtime-config/config'
import type { Finding, ScannerUnavailableError } from './scanner.ts'
import type { Findings, Judgement } from './verdict.ts'

/** Fields that tell of a scan; one that a client brings along would be taken for ours. */
const OURS = /^x-(spam|virus)(-|$)/

/** The message without the fields that tell of a scan. */
export const withoutVerdictFields = (message: Message): Message => ({
  ...message,
  fields: message.fields.filter(({ name }) => !OURS.test(name)),
})

/** The fields to put before a message: what each scanner said where the platform wants that shown, else what a tagged one was
 * tagged for. */
export function verdictFields(findings: Findings, judgements: Judgement[], { headers }: ScanningConfig): HeaderField[] {
  return judgements
    .filter(({ action }) => headers === 'Verdict' || action === 'tag')
    .flatMap((judgement) =>
      judgement.scanner === 'clamav' ? virusFields(judgement) : spamFields(judgement, findings.rspamd),
    )
}

function virusFields({ outcome, reason }: Judgement): HeaderField[] {
  const scanned = newField('X-Virus-Scanned', 'ClamAV')
  if (outcome === 'clean') return [scanned, newField('X-Virus-Status', 'Clean')]
  if (outcome === 'infected')
    return [scanned, newField('X-Virus-Status', `Infected (${reason.replaceAll(/[()\\]/g, '?')})`)]
  return [newField('X-Virus-Status', `Unscanned (${reason})`)]
}

function spamFields(
  { outcome, reason }: Judgement,
  finding: Finding | ScannerUnavailableError | undefined,
): HeaderField[] {
  const rated = finding !== undefined && 'kind' in finding && finding.kind === 'rated' ? finding : undefined
  if (rated === undefined) return [newField('X-Spam-Status', `Unknown (${reason})`)]
  const spam = outcome === 'spam'
  const { points, required } = rated.score
  const score = `score=${points.toFixed(2)} required=${required.toFixed(2)}`
  const status = newField('X-Spam-Status', `${spam ? 'Yes' : 'No'}, ${score}`)
  return spam ? [newField('X-Spam', 'Yes'), status] : [status]
}
