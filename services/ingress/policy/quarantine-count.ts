import type { KvEntry } from '@nats-io/kv'
import type { Broker } from '@postrider/broker/connection'
import { USE_BUCKET } from '@postrider/broker/names'
import { quarantine } from '@postrider/queue/quarantine'
import type { Trouble } from '@postrider/service/trouble'

/** Notes a count that cannot be read. The account begins at nothing: refusing its mail until somebody comes would be worse. */
export const quarantineCount =
  (broker: Broker, trouble: Trouble) =>
  ({ revision, value }: KvEntry, error: unknown): void => {
    const origin = { stream: `KV_${USE_BUCKET}`, seq: revision }
    // Once, and not at the cost of the message that waits for the count.
    quarantine(broker, { kind: 'value', error, origin, data: value }).then(
      () => trouble.over(),
      (failure: unknown) => trouble.failed(failure),
    )
  }
