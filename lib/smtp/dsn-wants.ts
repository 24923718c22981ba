import type { NoticeKind, Recipient } from '@postrider/mail/envelope'

/** Whether a recipient's NOTIFY asks for a notice of this kind (RFC 3461, 4.1). Without NOTIFY: failures and delays, and
 * deliveries where the sending Domain says so. */
export function wants({ notify }: Recipient, kind: NoticeKind, domainTellsDelivered: boolean): boolean {
  if (notify === 'NEVER') return false
  const word = ({ failed: 'FAILURE', delayed: 'DELAY', delivered: 'SUCCESS' } as const)[kind]
  if (notify !== undefined) return notify.includes(word)
  return kind !== 'delivered' || domainTellsDelivered
}
