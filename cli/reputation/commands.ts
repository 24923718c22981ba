import { withLowerDomain } from '@postrider/mail/address'
import { credentialAccount, domainAccount } from '@postrider/limits/accounts'
import type { Question } from '@postrider/broker/question'
import { REPUTATIONS, RESTORE } from '@postrider/message-log/reputation'
import { whySuspended } from '@postrider/reputation/words'
import { askLog, connectToPlatform } from '../queue/connect.ts'
import { UsageError } from '@postrider/standalone/usage-error'

export interface ReputationOptions {
  state: string
  json?: boolean | undefined
}

/** `postrider reputation ls`: accounts that have tiers or can be suspended. */
export async function reputationList({ state, json }: ReputationOptions): Promise<string[]> {
  const answer = await ask(state, REPUTATIONS, {})
  if (json) return [JSON.stringify(answer, null, 2)]
  const lines = answer
    .sort((a, b) => a.account.localeCompare(b.account))
    .map(({ account, reputation: { tier, cleanDays, suspended } }) => {
      const state = suspended === undefined ? 'good' : whySuspended(suspended)
      return `${account}  tier ${tier}, ${cleanDays} clean days in it  ${state}`
    })
  const count = answer.filter(({ reputation }) => reputation.suspended !== undefined).length
  return [...lines, `${answer.length} with a reputation, ${count} suspended`]
}

/** `postrider reputation restore ACCOUNT`: lifts a suspension, however many came before. Throws UsageError if there is none. */
export async function reputationRestore(name: string, { state }: ReputationOptions): Promise<string[]> {
  const account = accountOf(name)
  const { restored, problem } = await ask(state, RESTORE, { account })
  if (problem !== undefined) throw new UsageError(`${account} was not restored: ${problem}; try again`)
  if (!restored)
    throw new UsageError(
      `${account} is not suspended for bounces or spam; postrider reputation ls lists the suspended accounts`,
    )
  return [`${account}  can send again, starting in the first tier with its counts reset`]
}

/** An address means a credential, anything else a domain. */
function accountOf(name: string): string {
  if (/^(credential|domain)\/./.test(name)) return name
  if (name === '') throw new UsageError('give the address of a credential, or a domain name')
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
