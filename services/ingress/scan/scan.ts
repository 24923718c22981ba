import { octetsOf } from '@postrider/mail/message'
import type { Message } from '@postrider/mail/message'
import type { RuntimeConfig, ScannerConfig, ScanningConfig } from '@postrider/runtime-config/config'
import { createBreaker } from './breaker.ts'
import type { Breaker, BreakerState } from './breaker.ts'
import { scanWithClamav } from './clamav.ts'
import { createRspamd } from './rspamd.ts'
import { ScannerUnavailableError } from './scanner.ts'
import type { Verdict, ScannedMail, ScannerName } from './scanner.ts'
import { decide, strictest } from './verdict.ts'
import type { Verdicts, Decision } from './verdict.ts'
import { verdictFields, withoutVerdictFields } from './verdict-fields.ts'

/** The result of scanning a message. */
export interface ScanResult {
  /** The strictest decision; undefined if no scanner is configured. */
  decisive: Decision | undefined
  /** The message with the header fields of the scan, and without such fields from the client. */
  message: Message
}

/** A message to be scanned, and its submitter. */
export interface MailToScan extends Omit<ScannedMail, 'content'> {
  message: Message
}

/** One scanner's result, for metrics and log. */
export interface ScannedBy {
  scanner: ScannerName
  verdict: Verdict | ScannerUnavailableError
  /** False if the message was not sent to the scanner: its circuit breaker is open, or the message is too large. */
  asked: boolean
  seconds: number
}

export interface Scans {
  /** Scans a message with each configured scanner. */
  run(mail: MailToScan): Promise<ScanResult>
  /** The state of a scanner's circuit breaker. */
  breaker(scanner: ScannerName): BreakerState
}

export interface ScansOptions {
  config: () => RuntimeConfig
  scanned: (by: ScannedBy) => void
  /** Called with the decision that follows from each scanner's verdict. */
  decided: (decision: Decision, mail: ScannedMail) => void
  /** Milliseconds, monotonic. */
  now?: () => number
}

/** Consecutive failures that open the circuit breaker, and how long it stays open. Few failures suffice, because each message that waits
 * for a hanging daemon makes its sender wait for the scanner's timeout. */
const FAILURES = 5
const OPEN_MS = 15_000

/** Sends messages to all scanners that the current configuration names, in parallel. */
export function createScans({ config, scanned, decided, now = () => performance.now() }: ScansOptions): Scans {
  const scanWithRspamd = createRspamd()
  const breakers = new Map<ScannerName, { target: string; breaker: Breaker }>()

  /** The breaker of a scanner. A new address gets a new breaker, because nothing is known about that daemon yet. */
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
    scan: () => Promise<Verdict>,
  ): Promise<Verdict | ScannerUnavailableError> {
    const startedAt = performance.now()
    const report = (verdict: Verdict | ScannerUnavailableError, asked: boolean): typeof verdict => {
      scanned({ scanner, verdict, asked, seconds: (performance.now() - startedAt) / 1000 })
      return verdict
    }
    if (mail.content.length > maxBytes) return report({ kind: 'too-large' }, false)
    const breaker = breakerOf(scanner, target)
    if (!breaker.admits())
      return report(
        new ScannerUnavailableError(
          scanner,
          'has failed repeatedly, so no messages are sent to it for now (circuit breaker open)',
        ),
        false,
      )
    try {
      const verdict = await scan()
      breaker.succeeded()
      return report(verdict, true)
    } catch (error) {
      breaker.failed()
      if (!(error instanceof ScannerUnavailableError)) throw error
      return report(error, true)
    }
  }

  async function verdictsOf(mail: ScannedMail, { clamav, rspamd }: ScanningConfig): Promise<Verdicts> {
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
      const verdicts = await verdictsOf(mail, scanning)
      const decisions = decide(verdicts, scanning)
      for (const decision of decisions) decided(decision, mail)
      const found = verdictFields(verdicts, decisions, scanning)
      return { decisive: strictest(decisions), message: { ...message, fields: [...found, ...message.fields] } }
    },
    breaker(scanner) {
      const { clamav, rspamd } = config().platform.scanning ?? {}
      const present = breakers.get(scanner)
      const target = scanner === 'clamav' ? clamav?.address : rspamd?.url
      return present !== undefined && present.target === target ? present.breaker.state : 'closed'
    },
  }
}
