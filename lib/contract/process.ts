import { oneOf, text, whole } from './codecs.ts'
import { fields } from './contract.ts'
import type { SettingsOf } from './contract.ts'
import { variable, withDefault } from './variable.ts'

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

/** The settings of every process of the platform. */
export const PROCESS = {
  logLevel: withDefault(variable('POSTRIDER_LOG_LEVEL', oneOf(LOG_LEVELS)), 'info'),
  /** Address of /healthz, /readyz and /metrics. Port 0 selects a free port. */
  telemetry: fields({
    host: withDefault(variable('POSTRIDER_TELEMETRY_HOST', text), '127.0.0.1'),
    port: withDefault(variable('POSTRIDER_TELEMETRY_PORT', whole(0, 65_535)), 0),
  }),
}

export type ProcessSettings = SettingsOf<ReturnType<typeof fields<typeof PROCESS>>>
