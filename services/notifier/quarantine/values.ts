import type { Broker } from '@postrider/broker/connection'
import { CONFIG_BUCKET } from '@postrider/broker/names'
import { writePatiently } from '@postrider/broker/write-patiently'
import { quarantine } from '@postrider/queue/quarantine'
import { NewerRecordError } from '@postrider/broker/stored'
import type { ConfigReport } from '@postrider/runtime-config/report'

/** Adds a record to the quarantine about a value of a bucket that cannot be read. The value itself stays in the bucket until its writer
 * corrects it. A value of a later release is not reported. */
export function quarantineValue(broker: Broker, bucket: string, revision: number, error: unknown): void {
  if (error instanceof NewerRecordError) return
  const origin = { stream: `KV_${bucket}`, seq: revision }
  writePatiently(broker, () => quarantine(broker, { kind: 'value', error, origin, data: new Uint8Array() })).catch(
    () => {
      // The connection is closed. The next process reads the value again.
    },
  )
}

/** Adds invalid entries of the configuration to the quarantine. Every service reads the configuration, but only the notifier does this,
 * because there is a single one. */
export function quarantineBadEntries(broker: Broker, report: ConfigReport): ConfigReport {
  return {
    ...report,
    bad(entry, revision) {
      report.bad(entry, revision)
      quarantineValue(broker, CONFIG_BUCKET, revision, entry.error)
    },
  }
}
