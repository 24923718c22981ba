import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { BrokerAccess } from '@postrider/broker/connection'
import { API } from '@postrider/contract/api'
import { DELIVERY } from '@postrider/contract/delivery'
import { INGRESS, INGRESS_GRACE_MS } from '@postrider/contract/ingress'
import { NOTIFIER } from '@postrider/contract/notifier'
import { nodeArguments } from '@postrider/plan/node-arguments'
import { deliveryGraceMs } from '@postrider/queue/stop'
import type { Deployment } from '@postrider/plan/deployment'
import type { CertificatePaths, CertificateSources } from '@postrider/tls/certificates'
import { processesOf } from './processes.ts'
import type { ServiceProcess } from './processes.ts'
import { SANDBOX } from './sandbox/settings.ts'
import type { Program } from './supervise.ts'

export interface ProgramSettings {
  state: string
  deployment: Deployment
  access: (account: string) => BrokerAccess
  certificates: CertificateSources
  platformKeyFile: string
  /** How long a remote may take to answer the final dot, by the current configuration. Milliseconds. */
  finalReplyMs: () => number
}

/** A service process, and the port of its health endpoint. */
export interface ServiceProgram extends Program {
  telemetryPort: number
}

/** The notifier, the HTTP service and the sandbox finish their current work within seconds. Milliseconds. */
const GRACE_MS = 30_000

const ROOT = join(import.meta.dirname, '..')

/** The service processes of a deployment, in their start order. */
export function servicePrograms(settings: ProgramSettings): ServiceProgram[] {
  const { state, deployment, finalReplyMs } = settings
  mkdirSync(join(state, 'logs'), { recursive: true })
  return processesOf(deployment).map((one) => {
    const { service, index, telemetryPort } = one
    const name = service === 'notifier' ? service : `${service}-${index}`
    return {
      name,
      telemetryPort,
      graceMs: () => graceOf(service, finalReplyMs()),
      command: process.execPath,
      args: [...nodeArguments(service), join(ROOT, 'services', service, 'main.ts')],
      logFile: join(state, 'logs', `${name}.log`),
      env: { NODE_ENV: 'production', ...environmentOf(one, settings) },
    }
  })
}

function graceOf(service: ServiceProcess['service'], finalReplyMs: number): number {
  if (service === 'delivery') return deliveryGraceMs(finalReplyMs)
  return service === 'ingress' ? INGRESS_GRACE_MS : GRACE_MS
}

function environmentOf(
  { service, telemetryPort }: ServiceProcess,
  { state, deployment, access, certificates, platformKeyFile }: ProgramSettings,
): Record<string, string> {
  const common = {
    broker: access(service),
    shards: deployment.broker.shards,
    telemetry: { host: deployment.telemetry.address, port: telemetryPort },
  }
  switch (service) {
    case 'notifier':
      return NOTIFIER.write({ ...common, platformKeyFile, logFile: join(state, 'log', 'messages.sqlite') })
    case 'api':
      return API.write({ ...common, ...deployment.api.settings, certificates })
    case 'delivery':
      return DELIVERY.write(common)
    case 'ingress':
      return INGRESS.write({
        ...common,
        ...deployment.ingress.settings,
        certificates,
        platformKeyFile,
        queueFolder: state,
      })
  }
}

/** The sandbox, a receiver for trials. Its mail is stored next to the state folder, not in it: it belongs to the remote side. */
export function sandboxProgram(state: string, port: number, certificate: CertificatePaths): Program {
  return {
    name: 'sandbox',
    graceMs: () => GRACE_MS,
    command: process.execPath,
    args: [join(ROOT, 'standalone', 'sandbox', 'main.ts')],
    logFile: join(state, 'logs', 'sandbox.log'),
    env: SANDBOX.write({ port, folder: sandboxFolder(state), certificate }),
  }
}

/** The folder in which the sandbox stores its mail. */
export const sandboxFolder = (state: string): string => `${state.replace(/\/+$/, '')}-sandbox`
