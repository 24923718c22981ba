import { reportUse } from '@postrider/limits/report'
import type { AccountUse, LimitUse } from '@postrider/limits/report'
import { credentialAccount, domainAccount } from '@postrider/limits/accounts'
import type { LimitConfig } from '@postrider/runtime-config/config'
import { effectiveLimit } from '@postrider/reputation/effective'
import type { Reputation } from '@postrider/reputation/reputation'
import { remedyFor, whySuspended } from '@postrider/reputation/words'
import { authenticate } from '../authenticate.ts'
import { json } from '../response.ts'
import type { Route } from '../router.ts'

export interface LimitsDependencies {
  now: () => number
  useOf: (account: string) => Promise<AccountUse>
  reputationOf: (account: string) => Reputation | undefined
}

interface AccountAnswer {
  /** `credential/address` or `domain/name`. */
  account: string
  /** Name of the SMTPLimit; null if none applies. */
  limit: string | null
  limits: LimitUse[]
  recipientsPerMessage?: number
  messageBytes?: number
  tier?: { number: number; of: number; cleanDays: number; nextAfterCleanDays?: number }
  reputation: { state: 'Good' } | { state: 'Suspended'; reason: string; since: string; why: string; remedy: string }
}

/** `GET /v1/limits`: the limits of the credential that logs in and of its domain, how much of each is used, and their reputation. */
export const limitsRoute = ({ now, useOf, reputationOf }: LimitsDependencies): Route => ({
  method: 'GET',
  path: '/v1/limits',
  reach: 'HTTPS',
  async handle(request, context) {
    const { address, domain, limit } = await authenticate(request, context)
    const accounts: [account: string, limit: LimitConfig | undefined][] = [
      [credentialAccount(address), limit],
      [domainAccount(domain), context.config().domains.get(domain)?.limit],
    ]
    const answers = accounts.map(async ([account, configured]): Promise<AccountAnswer> => {
      const reputation = reputationOf(account)
      if (configured === undefined) return { account, limit: null, limits: [], reputation: describe(reputation) }
      const effective = effectiveLimit(configured, reputation)
      return {
        account,
        limit: configured.name,
        limits: reportUse(effective, await useOf(account), now()),
        recipientsPerMessage: configured.recipientsPerMessage,
        messageBytes: configured.messageBytes,
        ...tierOf(configured, reputation),
        reputation: describe(reputation),
      }
    })
    return json({ accounts: await Promise.all(answers) })
  },
})

function tierOf({ tiers }: LimitConfig, reputation: Reputation | undefined): Pick<AccountAnswer, 'tier'> {
  if (tiers === undefined) return {}
  const tier = Math.min(reputation?.tier ?? 0, tiers.levels.length - 1)
  const next = tiers.levels[tier + 1]
  return {
    tier: {
      number: tier + 1,
      of: tiers.levels.length,
      cleanDays: reputation?.cleanDays ?? 0,
      ...(next === undefined ? {} : { nextAfterCleanDays: next.afterCleanDays }),
    },
  }
}

function describe(reputation: Reputation | undefined): AccountAnswer['reputation'] {
  const suspension = reputation?.suspended
  if (suspension === undefined) return { state: 'Good' }
  return {
    state: 'Suspended',
    reason: suspension.reason,
    since: new Date(suspension.at).toISOString(),
    why: whySuspended(suspension),
    remedy: remedyFor(suspension),
  }
}
