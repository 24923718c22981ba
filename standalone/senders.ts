import type { Wish } from '@postrider/sender-verification/verification'
import { SentCodes } from '@postrider/sender-verification/sent-codes'
import { verifySender } from '@postrider/sender-verification/verify'
import type { SenderState } from './provider/sender-state.ts'
import type { Plan } from '@postrider/plan/plan'
import type { PlannedSender } from '@postrider/plan/senders'
import type { Broker } from '@postrider/broker/connection'
import type { RuntimeConfig } from '@postrider/runtime-config/config'
import type { SignMail } from '@postrider/runtime-config/signing'

export interface SenderVerificationOptions {
  state: SenderState
  broker: Broker
  platformKey: Buffer
  /** Signs a mail of the platform with the keys of these Domains. */
  sign: (domains: RuntimeConfig['domains']) => SignMail
  /** Plans and publishes again, with the currently verified addresses; resolves with that plan. */
  replan: () => Promise<Plan>
  say: (line: string) => void
}

export interface SenderVerification {
  /** Verifies the SenderAddresses of this plan from now on. Returns immediately. */
  follow(plan: Plan): void
  close(): Promise<void>
}

/** Delay after an error, as when the broker cannot be reached. Milliseconds. */
const RETRY_MS = 2000
/** Longest time between two runs. Timers are limited to 24 days, and a run costs little. Milliseconds. */
const MAX_MS = 3_600_000

/** Verifies the SenderAddresses of a folder: mails codes, and checks the codes that users enter. */
export function verifySenders({
  state,
  broker,
  platformKey,
  sign,
  replan,
  say,
}: SenderVerificationOptions): SenderVerification {
  let plan: Plan | undefined
  let running: Promise<void> | undefined
  let again = false
  let closed = false
  let timer: NodeJS.Timeout | undefined
  const reported = new Map<string, string>()
  const sent = new SentCodes()

  function wake(): void {
    clearTimeout(timer)
    if (closed) return
    if (running !== undefined) {
      again = true
      return
    }
    running = run()
      .catch((error: unknown) => {
        say(`the SenderAddresses could not be processed: ${error instanceof Error ? error.message : String(error)}`)
        return RETRY_MS
      })
      .then((waitMs) => {
        running = undefined
        if (again) waitMs = 0
        again = false
        if (waitMs !== undefined && !closed) timer = setTimeout(wake, Math.min(waitMs, MAX_MS))
      })
  }

  /** Verifies all SenderAddresses once. Resolves with the milliseconds until the next run; undefined if none is needed. */
  async function run(): Promise<number | undefined> {
    if (plan === undefined) return undefined
    const waits: number[] = []
    let newlyVerified = false
    state.deleteOthers(plan.senders.map(keyOf))
    for (const sender of plan.senders) {
      const { verified, waitMs } = await verifyOne(sender, plan)
      if (waitMs !== undefined) waits.push(waitMs)
      newlyVerified ||= verified && !sender.verified
    }
    if (newlyVerified) plan = await replan()
    return waits.length === 0 ? undefined : Math.max(0, Math.min(...waits))
  }

  async function verifyOne(planned: PlannedSender, { config }: Plan): Promise<{ verified: boolean; waitMs?: number }> {
    const { namespace, code, resend, address, domainName } = planned
    const { hostName, notices } = config.platform
    const key = keyOf(planned)
    const { claim, verification } = state.load(key, { address, domainName })
    const wish: Wish = { claim, code, resend }
    // No code is mailed in the name of a suspended domain.
    const mails = config.domains.get(domainName)?.suspended === false
    const sender = { hostName, from: notices.from, sign: sign(config.domains) }
    const { verdict, postponed } = await verifySender(
      platformKey,
      { namespace, wish, before: verification },
      {
        keep: async (next) => {
          if (JSON.stringify(next) !== JSON.stringify(verification))
            await state.keep(key, { claim, verification: next })
        },
        mailer: mails ? { broker, sender } : undefined,
        sent,
        now: Date.now,
      },
    )
    const { verified, message, changesAt } = verdict
    if (reported.get(key) !== message) say(`SenderAddress ${key}: ${message}`)
    reported.set(key, message)
    if (postponed && mails) return { verified, waitMs: RETRY_MS }
    return { verified, ...(changesAt === undefined ? {} : { waitMs: changesAt - Date.now() }) }
  }

  return {
    follow(next) {
      plan = next
      wake()
    },
    async close() {
      closed = true
      clearTimeout(timer)
      await running
    },
  }
}

const keyOf = ({ namespace, name }: PlannedSender): string => `${namespace}/${name}`
