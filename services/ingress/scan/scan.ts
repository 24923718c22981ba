import { octetsOf } from '@postrider/mail/message'
import type { Message } from '@postrider/mail/message'
import type { RuntimeConfig, ScannerConfig, ScanningConfig } from '@postrider/runtime-config/config'
import { createBreaker } from './breaker.ts'
import type { Breaker, BreakerState } from './breaker.ts'
import { scanWithClamav } from './clamav.ts'
import { createRspamd } from './rspamd.ts'
import { ScannerUnavailableError } from './scanner.ts'
import type { Finding, ScannedMail, ScannerName } from './scanner.ts'
import { judge, strictest } from './verdict.ts'
import type { Findings, Judgement } from './verdict.ts'
import { verdictFields, withoutVerdictFields } from './verdict-fields.ts'

/** What the scanners' findings mean for a message. */
export interface ScanResult {
  /** What decides; undefined when nothing was scanned. */
  decisive: Judgement | undefined
  /** With fields that say what was found, and without those that a client brought along. */
  message: Message
}

/** A message to be scanned, and who submits it. */
export interface MailToScan extends Omit<ScannedMail, 'content'> {
  message: Message
}

export interface ScannedBy {
  scanner: ScannerName
  finding: Finding | ScannerUnavailableError
  /** False when the scanner was not asked: it has failed too often, or the message is too large for it. */
  asked: boolean
  seconds: number
}

export interface Scans {
  run(mail: MailToScan): Promise<ScanResult>
  breaker(scanner: ScannerName): BreakerState
}

export interface ScansOptions {
  config: () => RuntimeConfig
  scanned: (by: ScannedBy) => void
  /** Called with what each scanner's finding means for the message. */
  judged: (judgement: Judgement, mail: ScannedMail) => void
  now?: () => number
}

/** Failures in a row after which a scanner is left alone, and for how long (milliseconds). A message that waits for a daemon
 * that hangs costs its sender the scanner's time-out: few may. */
const FAILURES = 5
const OPEN_MS = 15_000

/** Shows messages to the scanners that the configuration of the moment names, all at the same time. */
export function createScans({ config, scanned, judged, now = () => performance.now() }: ScansOptions): Scans {
  const scanWithRspamd = createRspamd()
  const breakers = new Map<ScannerName, { target: string; breaker: Breaker }>()

  /** A scanner elsewhere is another one: nothing is known of it yet. */
  function breakerOf(scanner: ScannerName, target: string): Breaker {
    const present = breakers.get(scanner)
    if (present?.target === target) return present.breaker
    const breaker = createBreaker({ failures: FAILURES, openMs: OPEN_MS, now })
    breakers.set(scanner, { target, breaker })
    return breaker
  }

  async function ask(
    scanner: ScannerName,
    target: string,
    { maxBytes }: ScannerConfig,
    mail: ScannedMail,
    scan: () => Promise<Finding>,
  ): Promise<Finding | ScannerUnavailableError> {
    const startedAt = performance.now()
    const noted = (finding: Finding | ScannerUnavailableError, asked: boolean): typeof finding => {
      scanned({ scanner, finding, asked, seconds: (performance.now() - startedAt) / 1000 })
      return finding
    }
    if (mail.content.length > maxBytes) return noted({ kind: 'too-large' }, false)
    const breaker = breakerOf(scanner, target)
    if (!breaker.admits())
      return noted(
        new ScannerUnavailableError(
          scanner,
          'has failed repeatedly, so it is not asked for now (circuit breaker open)',
        ),
        false,
      )
    try {
      const finding = await scan()
      breaker.succeeded()
      return noted(finding, true)
    } catch (error) {
      breaker.failed()
      if (!(error instanceof ScannerUnavailableError)) throw error
      return noted(error, true)
    }
  }

  async function findingsOf(mail: ScannedMail, { clamav, rspamd }: ScanningConfig): Promise<Findings> {
    const [virus, spam] = await Promise.all([
      clamav && ask('clamav', clamav.address, clamav, mail, () => scanWithClamav(mail.content, clamav)),
      rspamd && ask('rspamd', rspamd.url, rspamd, mail, () => scanWithRspamd(mail, rspamd)),
    ])
    return { ...(virus === undefined ? {} : { clamav: virus }), ...(spam === undefined ? {} : { rspamd: spam }) }
  }

  return {
    async run({ message: given, ...about }) {
      const { scanning } = config().platform
      if (scanning === undefined) return { decisive: undefined, message: given }
      const message = withoutVerdictFields(given)
      const mail = { ...about, content: octetsOf(message) }
      const findings = await findingsOf(mail, scanning)
      const judgements = judge(findings, scanning)
      for (const judgement of judgements) judged(judgement, mail)
      const found = verdictFields(findings, judgements, scanning)
      return { decisive: strictest(judgements), message: { ...message, fields: [...found, ...message.fields] } }
    },
    breaker(scanner) {
      const { clamav, rspamd } = config().platform.scanning ?? {}
      const present = breakers.get(scanner)
      const target = scanner === 'clamav' ? clamav?.address : rspamd?.url
      return present !== undefined && present.target === target ? present.breaker.state : 'closed'
    },
  }
}
