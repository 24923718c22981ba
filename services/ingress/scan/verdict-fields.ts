import { readHeaderBlock } from '@postrider/mail/header-block'
import type { ScanningConfig } from '@postrider/runtime-config/config'
import type { Finding, ScannerUnavailable } from './scanner.ts'
import type { Findings, Judgement } from './verdict.ts'

/** Fields that tell of a scan; one that a client brings along would be taken for ours. */
const OURS = /^x-(spam|virus)(-|$)/

/** The content without the fields that tell of a scan; the same buffer when there are none. */
export function withoutVerdictFields(content: Buffer): Buffer {
  const found = readHeaderBlock(content).fields.filter(({ name }) => OURS.test(name))
  if (found.length === 0) return content
  const pieces: Buffer[] = []
  let from = 0
  for (const field of found) {
    pieces.push(content.subarray(from, field.start))
    from = field.end
  }
  return Buffer.concat([...pieces, content.subarray(from)])
}

/** The fields to put before a message: what each scanner said where the platform wants that told, else what a tagged one was
 * tagged for. */
export function verdictFields(findings: Findings, judgements: Judgement[], { headers }: ScanningConfig): string {
  return judgements
    .filter(({ action }) => headers === 'Verdict' || action === 'tag')
    .map((judgement) =>
      judgement.scanner === 'clamav' ? virusFields(judgement) : spamFields(judgement, findings.rspamd),
    )
    .join('')
}

function virusFields({ outcome, reason }: Judgement): string {
  if (outcome === 'clean') return 'X-Virus-Scanned: ClamAV\r\nX-Virus-Status: Clean\r\n'
  if (outcome === 'infected') {
    return `X-Virus-Scanned: ClamAV\r\nX-Virus-Status: Infected (${reason.replaceAll(/[()\\]/g, '?')})\r\n`
  }
  return `X-Virus-Status: Unscanned (${reason})\r\n`
}

function spamFields({ outcome, reason }: Judgement, finding: Finding | ScannerUnavailable | undefined): string {
  const rated = finding !== undefined && 'kind' in finding && finding.kind === 'rated' ? finding : undefined
  if (rated === undefined) return `X-Spam-Status: Unknown (${reason})\r\n`
  const spam = outcome === 'spam'
  const { points, required } = rated.score
  const status = `X-Spam-Status: ${spam ? 'Yes' : 'No'}, score=${points.toFixed(2)} required=${required.toFixed(2)}\r\n`
  return spam ? `X-Spam: Yes\r\n${status}` : status
}
