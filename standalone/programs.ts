import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { nodeArguments } from '@postrider/plan/node-arguments'
import { brokerEnvironment } from '@postrider/broker/access'
import type { BrokerAccess } from '@postrider/broker/connection'
import { deliveryGraceMs } from '@postrider/queue/stop'
import type { Deployment } from '@postrider/plan/deployment'
import type { CertificatePaths, CertificateSources } from '@postrider/tls/certificates'
import { certificateSettings } from '@postrider/tls/settings'
import type { Program } from './supervise.ts'

export interface ProgramSettings {
  state: string
  deployment: Deployment
  access: (account: string) => BrokerAccess
  certificates: CertificateSources
  platformKeyFile: string
  /** How long a remote may take to answer the final dot, as the present configuration says. */
  finalReplyMs: () => number
}

/** A service process, and where it tells that it is ready. */
export interface ServiceProgram extends Program {
  telemetryPort: number
}

/** Ingress gives a client in the middle of a message 30 s (services/ingress/session/listener.ts). */
const GRACE_MS = 40_000

const ROOT = join(import.meta.dirname, '..')

/** The processes of a deployment: notifier first, ingress last, so that mail is taken when all that comes after is there. */
export function servicePrograms(settings: ProgramSettings): ServiceProgram[] {
  const { state, deployment, certificates, platformKeyFile } = settings
  const { basePort } = deployment.telemetry
  const tls = certificateSettings(certificates)
  const several = (
    count: number,
    from: number,
    make: (index: number, port: number) => ServiceProgram,
  ): ServiceProgram[] => Array.from({ length: count }, (_, index) => make(index, basePort + from + index))
  return [
    service('notifier', 'notifier', basePort, settings, {
      POSTRIDER_LOG_FILE: join(state, 'log', 'messages.sqlite'),
      POSTRIDER_PLATFORM_KEY_FILE: platformKeyFile,
    }),
    ...several(deployment.api.replicas, 10, (index, port) =>
      service('api', `api-${index}`, port, settings, {
        ...tls,
        POSTRIDER_API_HOST: deployment.api.host,
        POSTRIDER_API_PORT: String(deployment.api.port),
        POSTRIDER_API_HTTP_PORT: String(deployment.api.httpPort),
        POSTRIDER_API_PUBLIC_HOST: deployment.api.publicHost ?? '',
        POSTRIDER_SUBMISSION: JSON.stringify(deployment.submission),
      }),
    ),
    ...several(deployment.delivery.replicas, 20, (index, port) =>
      service('delivery', `delivery-${index}`, port, settings, {}),
    ),
    ...several(deployment.ingress.replicas, 40, (index, port) =>
      service('ingress', `ingress-${index}`, port, settings, {
        ...tls,
        POSTRIDER_LISTENERS: JSON.stringify(deployment.ingress.listeners),
        POSTRIDER_PLATFORM_KEY_FILE: platformKeyFile,
        POSTRIDER_QUEUE_FOLDER: state,
      }),
    ),
  ]
}

function service(
  name: string,
  instance: string,
  telemetryPort: number,
  { state, deployment, access, finalReplyMs }: ProgramSettings,
  env: Record<string, string>,
): ServiceProgram {
  mkdirSync(join(state, 'logs'), { recursive: true })
  return {
    name: instance,
    telemetryPort,
    graceMs: name === 'delivery' ? () => deliveryGraceMs(finalReplyMs()) : () => GRACE_MS,
    command: process.execPath,
    args: [...nodeArguments(name), join(ROOT, 'services', name, 'main.ts')],
    logFile: join(state, 'logs', `${instance}.log`),
    env: {
      NODE_ENV: 'production',
      ...brokerEnvironment(access(name)),
      POSTRIDER_SHARDS: String(deployment.broker.shards),
      POSTRIDER_TELEMETRY_HOST: deployment.telemetry.address,
      POSTRIDER_TELEMETRY_PORT: String(telemetryPort),
      ...env,
    },
  }
}

/** The receiver for trying out. Its mail lies beside the state folder: it is the other side's, not the platform's. */
export function sandboxProgram(state: string, port: number, { certFile, keyFile }: CertificatePaths): Program {
  return {
    name: 'sandbox',
    graceMs: () => GRACE_MS,
    command: process.execPath,
    args: [join(ROOT, 'standalone', 'sandbox', 'main.ts')],
    logFile: join(state, 'logs', 'sandbox.log'),
    env: {
      POSTRIDER_SANDBOX_PORT: String(port),
      POSTRIDER_SANDBOX_FOLDER: sandboxFolder(state),
      POSTRIDER_TLS_CERT: certFile,
      POSTRIDER_TLS_KEY: keyFile,
    },
  }
}

export const sandboxFolder = (state: string): string => `${state.replace(/\/+$/, '')}-sandbox`
