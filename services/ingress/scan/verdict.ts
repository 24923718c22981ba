import type { ClamavConfig, RspamdConfig, ScannerConfig, ScanningConfig } from '@postrider/runtime-config/config'
import type { Finding, ScannerName, ScannerUnavailableError } from './scanner.ts'

/** What is done with a message, the mildest first. */
const ACTIONS = ['pass', 'tag', 'hold', 'tempfail', 'reject'] as const
export type ScanAction = (typeof ACTIONS)[number]

/** What follows from one scanner's finding. */
export interface Judgement {
  scanner: ScannerName
  action: ScanAction
  outcome: ScanOutcome
  /** For people: what was found. Printable ASCII. */
  reason: string
}

/** For the metric: few and fixed. */
export type ScanOutcome = 'clean' | 'infected' | 'spam' | 'too-large' | 'unavailable'

export type Findings = Partial<Record<ScannerName, Finding | ScannerUnavailableError>>

/** What follows from what the scanners said, one judgement a scanner. */
export function judge(findings: Findings, { clamav, rspamd }: ScanningConfig): Judgement[] {
  return [
    ...(findings.clamav && clamav ? [judgeOne('clamav', findings.clamav, clamav)] : []),
    ...(findings.rspamd && rspamd ? [judgeOne('rspamd', findings.rspamd, rspamd)] : []),
  ]
}

/** The strictest judgement decides about the message. */
export function strictest(judgements: Judgement[]): Judgement | undefined {
  return judgements.reduce<Judgement | undefined>((worst, one) => {
    return worst === undefined || ACTIONS.indexOf(one.action) > ACTIONS.indexOf(worst.action) ? one : worst
  }, undefined)
}

function judgeOne(
  scanner: ScannerName,
  finding: Finding | ScannerUnavailableError,
  config: ClamavConfig | RspamdConfig,
): Judgement {
  if (finding instanceof Error) return { scanner, ...withoutVerdict(config) }
  switch (finding.kind) {
    case 'clean':
      return { scanner, action: 'pass', outcome: 'clean', reason: '' }
    case 'too-large':
      return { scanner, action: actionOf(config.tooLarge), outcome: 'too-large', reason: 'too large to be scanned' }
    case 'infected': {
      const action = 'infected' in config ? actionOf(config.infected) : 'reject'
      return { scanner, action, outcome: 'infected', reason: `malware ${printable(finding.name)}` }
    }
    case 'rated': {
      const action = 'url' in config ? actionOnRating(finding, config) : 'pass'
      if (action === 'pass') return { scanner, action, outcome: 'clean', reason: '' }
      const { points, required } = finding.score
      const why = finding.symbols.length === 0 ? '' : `: ${finding.symbols.map(printable).join(', ')}`
      return { scanner, action, outcome: 'spam', reason: `spam (${points.toFixed(1)} points, limit ${required})${why}` }
    }
  }
}

const withoutVerdict = ({ unavailable }: ScannerConfig): Omit<Judgement, 'scanner'> => ({
  action: unavailable === 'Open' ? 'pass' : 'tempfail',
  outcome: 'unavailable',
  reason: 'the scanner is not available',
})

/** The stricter one of what rspamd's own action asks for and what the platform's points ask for. */
function actionOnRating({ action, score }: Finding & { kind: 'rated' }, config: RspamdConfig): ScanAction {
  const byPoints: ScanAction[] = [
    score.points >= (config.rejectScore ?? Infinity) ? 'reject' : 'pass',
    score.points >= (config.holdScore ?? Infinity) ? 'hold' : 'pass',
  ]
  return [...byPoints, ofRspamd(action, config)].sort((a, b) => ACTIONS.indexOf(b) - ACTIONS.indexOf(a))[0] ?? 'pass'
}

/** `greylist` is for mail servers that come again by themselves; a person's mail program shows it as a failure. */
function ofRspamd(action: string, config: RspamdConfig): ScanAction {
  switch (action) {
    case 'reject':
    case 'discard':
      return actionOf(config.reject)
    case 'quarantine':
      return 'hold'
    case 'soft reject':
      return 'tempfail'
    case 'add header':
    case 'rewrite subject':
      return actionOf(config.addHeader)
    default:
      return 'pass'
  }
}

const SETTINGS = { Reject: 'reject', Hold: 'hold', Tag: 'tag', Pass: 'pass' } as const
const actionOf = (setting: keyof typeof SETTINGS): ScanAction => SETTINGS[setting]

/** A signature's name comes from outside, and goes into a reply and a header field. */
const printable = (text: string): string => text.replaceAll(/[^!-~ ]/g, '?').slice(0, 100)
