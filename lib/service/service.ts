import type { Contract } from '@postrider/contract/contract'
import type { ProcessSettings } from '@postrider/contract/process'
import { collectDefaultMetrics, Registry } from 'prom-client'
import type { Logger } from './log.ts'
import { createLogger, flushLogger } from './log.ts'
import { serveEndpoints } from './endpoints.ts'

/** The parts that every service process has. */
export interface Service<Settings> {
  settings: Settings
  log: Logger
  registry: Registry
  /** Adds a check to /readyz: it returns a sentence that says what is missing, or undefined. */
  needs(check: () => string | undefined): void
  /** Calls `run` at SIGTERM and SIGINT, in reverse order of registration; then the process ends with exit code 0. */
  onStop(run: () => Promise<void> | void): void
}

/** Runs a service with the settings that its contract reads. The endpoints are started first, so that /readyz reports what a start is
 * waiting for; `start` does the rest. A start that fails writes one log line with the reason and ends with exit code 1. */
export async function runService<Settings extends ProcessSettings>(
  name: string,
  contract: Pick<Contract<Settings>, 'read'>,
  start: (service: Service<Settings>) => Promise<void>,
): Promise<void> {
  const log = createLogger(name)
  const checks: (() => string | undefined)[] = []
  const stops: (() => Promise<void> | void)[] = []
  let started = false
  let stopping = false
  const stop = async (signal: string): Promise<void> => {
    if (stopping) return
    stopping = true
    log.info({ event: 'stopping', signal })
    for (const run of stops.reverse()) await run()
    await flushLogger(log)
    process.exit(0)
  }
  process.once('SIGTERM', () => void stop('SIGTERM'))
  process.once('SIGINT', () => void stop('SIGINT'))
  process.on('unhandledRejection', (error) => {
    // An unhandled rejection is a bug; continuing could lose a message.
    log.fatal({ event: 'unhandled-rejection', err: error })
    void flushLogger(log).then(() => process.exit(70))
  })
  try {
    const settings = contract.read(process.env)
    log.level = settings.logLevel
    const registry = new Registry()
    collectDefaultMetrics({ register: registry })
    const endpoints = await serveEndpoints({
      ...settings.telemetry,
      registry,
      missing: () => [
        ...(started ? [] : ['the service is starting']),
        ...(stopping ? ['the service is stopping'] : []),
        ...checks.map((check) => check()).filter((reason) => reason !== undefined),
      ],
    })
    stops.push(() => endpoints.close())
    await start({ settings, log, registry, needs: (check) => checks.push(check), onStop: (run) => stops.push(run) })
    started = true
    log.info({ event: 'started', telemetryPort: endpoints.port })
  } catch (error) {
    log.fatal({ event: 'start-failed', err: error })
    await flushLogger(log)
    process.exit(1)
  }
}
