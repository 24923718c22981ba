import type { IncomingConfig } from '@postrider/runtime-config/config'
import type { Submission } from '@postrider/contract/submission'
import type { WantedRecord } from './wanted.ts'

export interface ClientSetupFacts {
  domainName: string
  /** Where mail clients submit; undefined if only pods can reach it. */
  submission: Submission | undefined
  /** Where they read mail, in order of preference. */
  incoming: IncomingConfig[]
  /** Name of the HTTP service, on port 443; undefined if it is not public. */
  publicHost: string | undefined
}

const INCOMING = { imap: { tls: '_imaps', clear: '_imap' }, pop3: { tls: '_pop3s', clear: '_pop3' } } as const
const HTTPS = 443

/** Records by which a mail client finds its servers from a mail address. RFC 8314, section 5.1 (_submissions), and RFC 6186 (the other
 * SRV records); Thunderbird and Outlook look up autoconfig and autodiscover. None is required. Pure. */
export function clientSetupRecords({ domainName, submission, incoming, publicHost }: ClientSetupFacts): WantedRecord[] {
  const srv = (service: string, port: number | undefined, host: string, priority = 0): WantedRecord[] =>
    port === undefined ? [] : [record('SRV', `${service}._tcp.${domainName}`, `${priority} 1 ${port} ${host}.`)]
  const sends =
    submission === undefined
      ? []
      : [
          ...srv('_submissions', submission.implicitTls, submission.host),
          ...srv('_submission', submission.startTls, submission.host),
        ]
  // The lowest priority is tried first, among different services too (RFC 6186, 3.4).
  const reads = incoming.flatMap(({ protocol, host, port, implicitTls }, index) =>
    srv(INCOMING[protocol][implicitTls ? 'tls' : 'clear'], port, host, index * 10),
  )
  const leads =
    publicHost === undefined
      ? []
      : [
          ...['autoconfig', 'autodiscover'].map((label) => record('CNAME', `${label}.${domainName}`, `${publicHost}.`)),
          ...srv('_autodiscover', HTTPS, publicHost),
        ]
  return [...sends, ...reads, ...leads]
}

const record = (type: 'SRV' | 'CNAME', name: string, value: string): WantedRecord => ({
  purpose: 'ClientSetup',
  type,
  name,
  value,
  required: false,
})
