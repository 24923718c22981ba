import type { LimitConfig } from '@postrider/runtime-config/config'
import { Refusal } from '../refusal.ts'
import type { Ledger } from './ledger.ts'
import type { Exceeded } from './use.ts'
import { isCounted } from './use.ts'

/** Counts a message against every limit that applies; resolves with how to take that back. Throws the Refusal that names
 * the limit, its use and when it frees. */
export async function reserve(
  ledger: Ledger,
  limits: { account: string; limit: LimitConfig }[],
  recipients: number,
): Promise<() => Promise<void>> {
  const spent: { account: string; spentAt: number }[] = []
  const release = async (): Promise<void> => {
    // What can't be given back stays counted: never more than allowed, at worst a message less.
    await Promise.allSettled(spent.map(({ account, spentAt }) => ledger.refund(account, recipients, spentAt)))
  }
  for (const { account, limit } of limits) {
    if (!isCounted(limit)) continue
    const result = await ledger.spend(account, limit, recipients).catch(async (cause: unknown) => {
      await release()
      throw new Refusal(
        451,
        '4.3.0',
        'the count of your messages is not available; try again later',
        'queue-unavailable',
        {
          cause,
        },
      )
    })
    if ('exceeded' in result) {
      await release()
      throw refusalFor(account, result.exceeded)
    }
    spent.push({ account, spentAt: result.spentAt })
  }
  return release
}

const WORDS: Record<Exceeded['field'], string> = {
  messagesPerDay: 'messages in 24 hours',
  recipientsPerDay: 'recipients in 24 hours',
  messagesPerMinute: 'messages a minute',
}

function refusalFor(account: string, { limit, field, used, allowed, freeAt }: Exceeded): Refusal {
  const when = new Date(freeAt).toISOString().replace(/\.\d+Z$/, 'Z')
  const text = `limit ${limit} of ${account.replace('/', ' ')}: ${used} of ${allowed} ${WORDS[field]} used; frees at ${when}`
  // 4xx: the same message is welcome later, and a client that queues will send it then.
  return new Refusal(452, '4.7.1', text, 'limit')
}
