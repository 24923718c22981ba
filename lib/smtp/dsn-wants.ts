import type { NoticeKind, Recipient } from '@postrider/mail/envelope'

/** Whether a notice of this kind is requested for a recipient by NOTIFY (RFC 3461, 4.1). Without NOTIFY: failures and delays, and
 * deliveries if `notifyDelivered` of the sending Domain is set. */
export function wants({ notify }: Recipient, kind: NoticeKind, notifyDelivered: boolean): boolean {
  if (notify === 'NEVER') return false
  const word = ({ failed: 'FAILURE', delayed: 'DELAY', delivered: 'SUCCESS' } as const)[kind]
  if (notify !== undefined) return notify.includes(word)
  return kind !== 'delivered' || notifyDelivered
}
