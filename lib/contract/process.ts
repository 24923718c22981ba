import { oneOf, text, whole } from './codecs.ts'
import { fields } from './contract.ts'
import type { SettingsOf } from './contract.ts'
import { variable, withDefault } from './variable.ts'

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

/** What every process of the platform is started with. */
export const PROCESS = {
  logLevel: withDefault(variable('POSTRIDER_LOG_LEVEL', oneOf(LOG_LEVELS)), 'info'),
  /** Where it answers /healthz, /readyz and /metrics. Port 0 takes a free one. */
  telemetry: fields({
    host: withDefault(variable('POSTRIDER_TELEMETRY_HOST', text), '127.0.0.1'),
    port: withDefault(variable('POSTRIDER_TELEMETRY_PORT', whole(0, 65_535)), 0),
  }),
}

export type ProcessSettings = SettingsOf<ReturnType<typeof fields<typeof PROCESS>>>
