import { newField } from '@postrider/mail/message'
import type { HeaderField, Message } from '@postrider/mail/message'
import type { ScanningConfig } from '@postrider/runtime-config/config'
import type { Verdict, ScannerUnavailableError } from './scanner.ts'
import type { Verdicts, Decision } from './verdict.ts'

/** Header fields of a scan. Such a field from a client would be taken for one of ours. */
const OURS = /^x-(spam|virus)(-|$)/

/** The message without header fields of a scan. */
export const withoutVerdictFields = (message: Message): Message => ({
  ...message,
  fields: message.fields.filter(({ name }) => !OURS.test(name)),
})

/** The header fields to prepend to a message: each scanner's verdict if the platform sets `headers: Verdict`, else only verdicts for which
 * it is tagged. */
export function verdictFields(verdicts: Verdicts, decisions: Decision[], { headers }: ScanningConfig): HeaderField[] {
  return decisions
    .filter(({ action }) => headers === 'Verdict' || action === 'tag')
    .flatMap((decision) =>
      decision.scanner === 'clamav' ? virusFields(decision) : spamFields(decision, verdicts.rspamd),
    )
}

function virusFields({ outcome, reason }: Decision): HeaderField[] {
  const scanned = newField('X-Virus-Scanned', 'ClamAV')
  if (outcome === 'clean') return [scanned, newField('X-Virus-Status', 'Clean')]
  if (outcome === 'infected')
    return [scanned, newField('X-Virus-Status', `Infected (${reason.replaceAll(/[()\\]/g, '?')})`)]
  return [newField('X-Virus-Status', `Unscanned (${reason})`)]
}

function spamFields(
  { outcome, reason }: Decision,
  verdict: Verdict | ScannerUnavailableError | undefined,
): HeaderField[] {
  const rated = verdict !== undefined && 'kind' in verdict && verdict.kind === 'rated' ? verdict : undefined
  if (rated === undefined) return [newField('X-Spam-Status', `Unknown (${reason})`)]
  const spam = outcome === 'spam'
  const { points, required } = rated.score
  const score = `score=${points.toFixed(2)} required=${required.toFixed(2)}`
  const status = newField('X-Spam-Status', `${spam ? 'Yes' : 'No'}, ${score}`)
  return spam ? [newField('X-Spam', 'Yes'), status] : [status]
}
