import type { ClamavConfig, RspamdConfig, ScannerConfig, ScanningConfig } from '@postrider/runtime-config/config'
import type { Verdict, ScannerName, ScannerUnavailableError } from './scanner.ts'

/** The actions on a message, the mildest first. */
const ACTIONS = ['pass', 'tag', 'hold', 'tempfail', 'reject'] as const
export type ScanAction = (typeof ACTIONS)[number]

/** What is done with a message because of one scanner's verdict. */
export interface Decision {
  scanner: ScannerName
  action: ScanAction
  outcome: ScanOutcome
  /** What was found, for people. Printable ASCII; empty if clean. */
  reason: string
}

/** The kind of verdict, as in the metric: a fixed set. */
export type ScanOutcome = 'clean' | 'infected' | 'spam' | 'too-large' | 'unavailable'

export type Verdicts = Partial<Record<ScannerName, Verdict | ScannerUnavailableError>>

/** Decides what follows from the verdicts: one decision for each scanner. Pure. */
export function decide(verdicts: Verdicts, { clamav, rspamd }: ScanningConfig): Decision[] {
  return [
    ...(verdicts.clamav && clamav ? [decideOne('clamav', verdicts.clamav, clamav)] : []),
    ...(verdicts.rspamd && rspamd ? [decideOne('rspamd', verdicts.rspamd, rspamd)] : []),
  ]
}

/** The strictest decision, which applies to the message; undefined if there is none. */
export function strictest(decisions: Decision[]): Decision | undefined {
  return decisions.reduce<Decision | undefined>((worst, one) => {
    return worst === undefined || ACTIONS.indexOf(one.action) > ACTIONS.indexOf(worst.action) ? one : worst
  }, undefined)
}

function decideOne(
  scanner: ScannerName,
  verdict: Verdict | ScannerUnavailableError,
  config: ClamavConfig | RspamdConfig,
): Decision {
  if (verdict instanceof Error) return { scanner, ...withoutVerdict(config) }
  switch (verdict.kind) {
    case 'clean':
      return { scanner, action: 'pass', outcome: 'clean', reason: '' }
    case 'too-large':
      return { scanner, action: actionOf(config.tooLarge), outcome: 'too-large', reason: 'too large to be scanned' }
    case 'infected': {
      const action = 'infected' in config ? actionOf(config.infected) : 'reject'
      return { scanner, action, outcome: 'infected', reason: `malware ${printable(verdict.name)}` }
    }
    case 'rated': {
      const action = 'url' in config ? actionOnRating(verdict, config) : 'pass'
      if (action === 'pass') return { scanner, action, outcome: 'clean', reason: '' }
      const { points, required } = verdict.score
      const why = verdict.symbols.length === 0 ? '' : `: ${verdict.symbols.map(printable).join(', ')}`
      return { scanner, action, outcome: 'spam', reason: `spam (${points.toFixed(1)} points, limit ${required})${why}` }
    }
  }
}

const withoutVerdict = ({ unavailable }: ScannerConfig): Omit<Decision, 'scanner'> => ({
  action: unavailable === 'Open' ? 'pass' : 'tempfail',
  outcome: 'unavailable',
  reason: 'the scanner is not available',
})

/** The strictest of the actions that rspamd's own action and the platform's score thresholds ask for. */
function actionOnRating({ action, score }: Verdict & { kind: 'rated' }, config: RspamdConfig): ScanAction {
  const byPoints: ScanAction[] = [
    score.points >= (config.rejectScore ?? Infinity) ? 'reject' : 'pass',
    score.points >= (config.holdScore ?? Infinity) ? 'hold' : 'pass',
  ]
  return [...byPoints, ofRspamd(action, config)].sort((a, b) => ACTIONS.indexOf(b) - ACTIONS.indexOf(a))[0] ?? 'pass'
}

/** The action that rspamd's own action asks for. `greylist` is ignored: it is meant for mail servers, which retry; a mail program would
 * show it to a person as a failure. */
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

/** Text that is safe in a reply and a header field. Names of signatures and symbols come from outside. */
const printable = (text: string): string => text.replaceAll(/[^!-~ ]/g, '?').slice(0, 100)
