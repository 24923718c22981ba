import { isCounted } from '@postrider/limits/use'
import type { Receipt } from '@postrider/limits/use'
import type { LimitConfig } from '@postrider/runtime-config/config'
import { RefusalError } from '@postrider/smtp/refusal'
import { limitRefusal } from './limit-refusal.ts'
import type { Counted, Ledger } from './ledger.ts'

/** Counts a message against every limit that applies; resolves with a function that takes the counts back. Throws a RefusalError: 452 with
 * the limit that is reached, or 451 if the counts cannot be read or written. */
export async function reserve(
  ledger: Ledger,
  limits: { account: string; limit: LimitConfig }[],
  message: Counted,
): Promise<() => Promise<void>> {
  const spent: { account: string; receipt: Receipt }[] = []
  const release = async (): Promise<void> => {
    // A refund that fails leaves the message counted: the account may then send one less, never one more.
    await Promise.allSettled(spent.map(({ account, receipt }) => ledger.refund(account, receipt)))
  }
  for (const { account, limit } of limits) {
    if (!isCounted(limit) && limit.newDestinationsPerDay === undefined) continue
    const result = await ledger.spend(account, limit, message).catch(async (cause: unknown) => {
      await release()
      const text = 'your sending limits cannot be checked at the moment; try again later'
      throw new RefusalError(451, '4.3.0', text, 'queue-unavailable', { cause })
    })
    if ('exceeded' in result) {
      await release()
      throw limitRefusal(account, limit, result.exceeded)
    }
    if (result.receipt !== undefined) spent.push({ account, receipt: result.receipt })
  }
  return release
}
