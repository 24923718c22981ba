import type { Broker } from '@postrider/broker/connection'
import { CONFIG_BUCKET } from '@postrider/broker/names'
import { writePatiently } from '@postrider/broker/write-patiently'
import { quarantine } from '@postrider/queue/quarantine'
import { NewerRecordError } from '@postrider/broker/stored'
import type { ConfigReport } from '@postrider/runtime-config/report'

/** Notes a value of a bucket that cannot be read. The value itself stays where it is until its writer corrects it. One of a later release
 * is not a fault. */
export function quarantineValue(broker: Broker, bucket: string, revision: number, error: unknown): void {
  if (error instanceof NewerRecordError) return
  const origin = { stream: `KV_${bucket}`, seq: revision }
  writePatiently(broker, () => quarantine(broker, { kind: 'value', error, origin, data: new Uint8Array() })).catch(
    () => {
      // The connection is closed: the next process reads the value as well.
    },
  )
}

/** Each service reads the configuration; the notifier, of which there is one, notes what is wrong with it. */
export function quarantineBadEntries(broker: Broker, report: ConfigReport): ConfigReport {
  return {
    ...report,
    bad(entry, revision) {
      report.bad(entry, revision)
      quarantineValue(broker, CONFIG_BUCKET, revision, entry.error)
    },
  }
}
