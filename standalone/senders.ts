import { postCode } from '@postrider/sender-verification/post'
import { advance, noteSent } from '@postrider/sender-verification/verification'
import type { Verification, Wish } from '@postrider/sender-verification/verification'
import { verdictOf } from '@postrider/sender-verification/verdict'
import type { SenderState } from './provider/sender-state.ts'
import type { Plan } from '@postrider/plan/plan'
import type { PlannedSender } from '@postrider/plan/senders'
import { NotStored } from '@postrider/queue/accept'
import type { Broker } from '@postrider/broker/connection'
import type { RuntimeConfig } from '@postrider/runtime-config/config'
import type { SignMail } from '@postrider/runtime-config/signing'

export interface SenderVerificationOptions {
  state: SenderState
  broker: Broker
  platformKey: Buffer
  /** Signs a mail of the platform by the keys of these Domains. */
  sign: (domains: RuntimeConfig['domains']) => SignMail
  /** Plans and publishes anew, with what is verified by now; resolves with that plan. */
  replan: () => Promise<Plan>
  say: (line: string) => void
}

export interface SenderVerification {
  /** What is planned by now. Returns at once. */
  follow(plan: Plan): void
  close(): Promise<void>
}

/** After the broker was away. */
const RETRY_MS = 2000
/** A timer takes no longer time than 24 days; a look costs little. */
const LONGEST_MS = 3_600_000

/** Verifies the SenderAddresses of a folder: mails codes, and looks at those that are given back. */
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
  const told = new Map<string, string>()

  function wake(): void {
    clearTimeout(timer)
    if (closed) return
    if (running !== undefined) {
      again = true
      return
    }
    running = run()
      .catch((error: unknown) => {
        say(`the SenderAddresses could not be seen to: ${error instanceof Error ? error.message : String(error)}`)
        return RETRY_MS
      })
      .then((waitMs) => {
        running = undefined
        if (again) waitMs = 0
        again = false
        if (waitMs !== undefined && !closed) timer = setTimeout(wake, Math.min(waitMs, LONGEST_MS))
      })
  }

  /** Resolves with when to look again. */
  async function run(): Promise<number | undefined> {
    if (plan === undefined) return undefined
    const waits: number[] = []
    let news = false
    state.forgetOthers(plan.senders.map(keyOf))
    for (const sender of plan.senders) {
      const { verified, waitMs } = await see(sender, plan)
      if (waitMs !== undefined) waits.push(waitMs)
      news ||= verified && !sender.verified
    }
    if (news) plan = await replan()
    return waits.length === 0 ? undefined : Math.max(0, Math.min(...waits))
  }

  async function see(sender: PlannedSender, { config }: Plan): Promise<{ verified: boolean; waitMs?: number }> {
    const { namespace, code, resend, address, domainName } = sender
    const { hostName, notices } = config.platform
    const key = keyOf(sender)
    const { claim, verification } = state.recall(key, { address, domainName })
    const wish: Wish = { claim, code, resend }
    const keep = async (next: Verification): Promise<void> => {
      if (JSON.stringify(next) !== JSON.stringify(verification)) await state.keep(key, { claim, verification: next })
    }
    let next = advance(platformKey, verification, wish, Date.now())
    await keep(next)
    let heldUntil: number | undefined
    if (next.pendingID !== undefined && config.domains.get(domainName)?.suspended === false) {
      try {
        const code = { claim, namespace, id: next.pendingID }
        const sender = { hostName, from: notices.from, sign: sign(config.domains) }
        const posted = await postCode(broker, platformKey, sender, code, Date.now())
        if ('messageID' in posted) await keep((next = noteSent(next, posted.messageID, Date.now())))
        else heldUntil = posted.heldUntil
      } catch (error) {
        if (!(error instanceof NotStored)) throw error
        return { verified: false, waitMs: RETRY_MS }
      }
    }
    const { verified, message, changesAt } = verdictOf(platformKey, next, wish, Date.now(), heldUntil)
    if (told.get(key) !== message) say(`SenderAddress ${key}: ${message}`)
    told.set(key, message)
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
