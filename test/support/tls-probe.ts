import { connect } from 'node:tls'
import type { ConnectionOptions } from 'node:tls'

export interface Handshake {
  protocol: string
  cipher: string
  /** Names of the certificate that was shown. */
  names: string
}

/** One TLS handshake with what the options allow; the error's code when there is none. */
export function handshake(port: number, options: ConnectionOptions): Promise<Handshake | string> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options })
    socket.setTimeout(20_000, () => socket.destroy(new Error('timeout')))
    socket.once('secureConnect', () => {
      const { name } = socket.getCipher()
      resolve({
        protocol: socket.getProtocol() ?? '',
        cipher: name,
        names: socket.getPeerCertificate().subjectaltname ?? '',
      })
      socket.destroy()
    })
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
  })
}
