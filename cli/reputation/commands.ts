import { withLowerDomain } from '@postrider/mail/address'
import { credentialAccount, domainAccount } from '@postrider/limits/accounts'
import type { Question } from '@postrider/broker/question'
import { REPUTATIONS, RESTORE } from '@postrider/message-log/reputation'
import { whySuspended } from '@postrider/reputation/words'
import { askLog, connectToPlatform } from '../queue/connect.ts'
import { UsageError } from '@postrider/standalone/usage-error'

export interface StandingOptions {
  state: string
  json?: boolean | undefined
}

/** `postrider standing ls`: those that have tiers or can be suspended. */
export async function standingList({ state, json }: StandingOptions): Promise<string[]> {
  const answer = await ask(state, REPUTATIONS, {})
  if (json) return [JSON.stringify(answer, null, 2)]
  const lines = answer
    .sort((a, b) => a.account.localeCompare(b.account))
    .map(({ account, standing: { tier, cleanDays, suspended } }) => {
      const state = suspended === undefined ? 'good' : whySuspended(suspended)
      return `${account}  tier ${tier}, ${cleanDays} clean days in it  ${state}`
    })
  const count = answer.filter(({ standing }) => standing.suspended !== undefined).length
  return [...lines, `${answer.length} with a standing, ${count} suspended`]
}

/** `postrider standing restore ACCOUNT`: ends a suspension, whatever the times before. Throws UsageError when there is none. */
export async function standingRestore(name: string, { state }: StandingOptions): Promise<string[]> {
  const account = accountOf(name)
  const { restored, problem } = await ask(state, RESTORE, { account })
  if (problem !== undefined) throw new UsageError(`${account} is not restored: ${problem}; try again`)
  if (!restored)
    throw new UsageError(`${account} is not suspended for what it sent; postrider standing ls tells who is`)
  return [`${account}  can send again; it begins in the first tier, and what was counted before is forgotten`]
}

/** An address is a credential's, anything else a domain. */
function accountOf(name: string): string {
  if (/^(credential|domain)\/./.test(name)) return name
  if (name === '') throw new UsageError('give the address of a credential, or a domain')
  return name.includes('@') ? credentialAccount(withLowerDomain(name)) : domainAccount(name.toLowerCase())
}

async function ask<Request, Answer>(
  state: string,
  question: Question<Request, Answer>,
  request: Request,
): Promise<Answer> {
  const broker = await connectToPlatform(state)
  try {
    return await askLog(broker, question, request)
  } finally {
    await broker.close()
  }
}
