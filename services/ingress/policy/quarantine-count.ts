import type { KvEntry } from '@nats-io/kv'
import type { Broker } from '@postrider/broker/connection'
import { USE_BUCKET } from '@postrider/broker/names'
import { quarantine } from '@postrider/queue/quarantine'
import type { Trouble } from '@postrider/service/trouble'

/** Puts a count that cannot be read into the quarantine. The account then counts from zero: refusing its mail until an administrator acts
 * would be worse. */
export const quarantineCount =
  (broker: Broker, trouble: Trouble) =>
  ({ revision, value }: KvEntry, error: unknown): void => {
    const origin = { stream: `KV_${USE_BUCKET}`, seq: revision }
    // Not awaited: the message that needs the count must not wait for the quarantine.
    quarantine(broker, { kind: 'value', error, origin, data: value }).then(
      () => trouble.over(),
      (failure: unknown) => trouble.failed(failure),
    )
  }
