import type { ScanningConfig } from '@postrider/runtime-config/config'
import { durationMs, sizeBytes } from '@postrider/resources/quantity'
import type { Scanning } from '@postrider/resources/scanning'

/** The scanners, in the settings of ingress; undefined if there are none. */
export function planScanning({ clamav, rspamd, headers }: Scanning): ScanningConfig | undefined {
  if (clamav === undefined && rspamd === undefined) return undefined
  return {
    headers,
    ...(clamav === undefined ? {} : { clamav: { ...clamav, ...amounts(clamav) } }),
    ...(rspamd === undefined ? {} : { rspamd: { ...rspamd, ...amounts(rspamd) } }),
  }
}

const amounts = ({ timeout, maxSize }: { timeout: string; maxSize: string }) => ({
  timeoutMs: durationMs(timeout),
  maxBytes: sizeBytes(maxSize),
})
