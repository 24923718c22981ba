import { isCounted } from '@postrider/limits/use'
import type { Receipt } from '@postrider/limits/use'
import type { LimitConfig } from '@postrider/runtime-config/config'
import { RefusalError } from '@postrider/smtp/refusal'
import { limitRefusal } from './limit-refusal.ts'
import type { Counted, Ledger } from './ledger.ts'

/** Counts a message against every limit that applies; resolves with how to take that back. Throws the RefusalError that names
 * the limit, its use and when it frees. */
export async function reserve(
  ledger: Ledger,
  limits: { account: string; limit: LimitConfig }[],
  message: Counted,
): Promise<() => Promise<void>> {
  const spent: { account: string; receipt: Receipt }[] = []
  const release = async (): Promise<void> => {
    // What can't be given back stays counted: never more than allowed, at worst a message less.
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
