import type { SmtpConnection } from '../transaction/connection.ts'
import { ConnectionBrokenError, SessionRefusedError } from '../transaction/outcome.ts'
import type { Remote } from '../transaction/outcome.ts'

/** A host does not meet the requirements of REQUIRETLS (RFC 8689, 4.2.1). It cannot be used for this message, which says nothing about its
 * use for other messages. */
export class RequireTlsUnmetError extends SessionRefusedError {
  constructor(status: '5.7.10' | '5.7.30', what: string, remote?: Remote) {
    const text = `550 ${status} the sender requires TLS (REQUIRETLS), but ${what}`
    super({ code: 550, text, lines: [text] }, 'starttls')
    this.remote = remote
  }
}

/** Resolves with the connection if the host offers REQUIRETLS. Throws RequireTlsUnmetError if it does not offer STARTTLS or REQUIRETLS. A
 * failed handshake or an invalid certificate may be corrected later, so the error of `opening` is rethrown then. */
export async function withRequireTls(opening: Promise<SmtpConnection>, host: string): Promise<SmtpConnection> {
  const connection = await opening.catch((error: unknown) => {
    if (error instanceof ConnectionBrokenError && error.code === 'NO_STARTTLS')
      throw new RequireTlsUnmetError('5.7.10', `${host} does not offer STARTTLS`, error.remote)
    throw error
  })
  if (connection.capabilities.requireTls) return connection
  connection.dialogue.end('QUIT\r\n')
  throw new RequireTlsUnmetError('5.7.30', `${host} does not support REQUIRETLS`, connection.remote)
}
