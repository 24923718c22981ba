import type { IncomingConfig } from '@postrider/runtime-config/config'
import type { Resource } from '@postrider/resources/kinds'

const PORTS = { imap: { ImplicitTLS: 993, STARTTLS: 143 }, pop3: { ImplicitTLS: 995, STARTTLS: 110 } } as const

/** The servers for reading a Domain's mail, IMAP first; no field if it names none. */
export function incomingOf({ incoming }: Resource<'Domain'>['spec']): { incoming?: IncomingConfig[] } {
  if (incoming === undefined) return {}
  const servers = (['imap', 'pop3'] as const).flatMap((protocol): IncomingConfig[] => {
    const given = incoming[protocol]
    if (given === undefined) return []
    const { host, security, port = PORTS[protocol][security] } = given
    return [{ protocol, host, port, implicitTls: security === 'ImplicitTLS', userName: incoming.userName }]
  })
  return servers.length === 0 ? {} : { incoming: servers }
}
