import type { SmtpConnection } from '../transaction/connection.ts'
import { ConnectionBrokenError, TurnedAwayError } from '../transaction/outcome.ts'
import type { Remote } from '../transaction/outcome.ts'

/** A host does not do what REQUIRETLS asks for (RFC 8689, 4.2.1). It is tried no further for this message, which says nothing
 * about the host for others. */
export class RequireTlsUnmet extends TurnedAwayError {
  constructor(status: '5.7.10' | '5.7.30', what: string, remote?: Remote) {
    const text = `550 ${status} the sender requires TLS (REQUIRETLS), but ${what}`
    super({ code: 550, text, lines: [text] }, 'starttls')
    this.remote = remote
  }
}

/** A connection of verified TLS to a host that offers REQUIRETLS itself. Throws RequireTlsUnmet for one that does not offer STARTTLS or
 * REQUIRETLS; a handshake that fails, or a certificate, may be right later and throws what it throws. */
export async function withRequireTls(opening: Promise<SmtpConnection>, host: string): Promise<SmtpConnection> {
  const connection = await opening.catch((error: unknown) => {
    if (error instanceof ConnectionBrokenError && error.code === 'NO_STARTTLS')
      throw new RequireTlsUnmet('5.7.10', `${host} does not offer STARTTLS`, error.remote)
    throw error
  })
  if (connection.capabilities.requireTls) return connection
  connection.dialogue.end('QUIT\r\n')
  throw new RequireTlsUnmet('5.7.30', `${host} does not support REQUIRETLS`, connection.remote)
}
