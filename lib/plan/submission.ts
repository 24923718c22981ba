import type { Resource } from '@postrider/resources/kinds'

/** Where mail clients are told to submit; a port is absent where there is no such listener. */
export interface SubmissionPlan {
  host: string
  implicitTls?: number
  startTls?: number
}

/** Of a platform whose clients reach the listeners' own ports. */
export function submissionPlan({ spec }: Resource<'MailPlatform'>): SubmissionPlan {
  const { clientHost = spec.hostName, listeners } = spec.ingress
  return submissionAt(clientHost, listeners)
}

/** The first port of each mode counts. */
export function submissionAt(host: string, ports: { mode: string; port: number }[]): SubmissionPlan {
  const implicitTls = ports.find(({ mode }) => mode === 'ImplicitTLS')?.port
  const startTls = ports.find(({ mode }) => mode === 'STARTTLS')?.port
  return {
    host,
    ...(implicitTls === undefined ? {} : { implicitTls }),
    ...(startTls === undefined ? {} : { startTls }),
  }
}
