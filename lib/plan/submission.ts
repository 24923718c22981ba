import type { Submission } from '@postrider/contract/submission'
import type { Resource } from '@postrider/resources/kinds'

/** Host and ports for submission if clients connect directly to the listeners. */
export function ownSubmission({ spec }: Resource<'MailPlatform'>): Submission {
  const { clientHost = spec.hostName, listeners } = spec.ingress
  return submissionAt(clientHost, listeners)
}

/** Host and ports for submission; the first port of each mode counts. */
export function submissionAt(host: string, ports: { mode: string; port: number }[]): Submission {
  const implicitTls = ports.find(({ mode }) => mode === 'ImplicitTLS')?.port
  const startTls = ports.find(({ mode }) => mode === 'STARTTLS')?.port
  return {
    host,
    ...(implicitTls === undefined ? {} : { implicitTls }),
    ...(startTls === undefined ? {} : { startTls }),
  }
}
