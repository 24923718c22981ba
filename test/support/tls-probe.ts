import { createConnection } from 'node:net'
import type { Socket } from 'node:net'
import { createInterface } from 'node:readline'
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

/** A connection on which the server has said yes to STARTTLS: the handshake is next. */
export async function startedTls(port: number): Promise<Socket> {
  const socket = createConnection({ host: '127.0.0.1', port })
  const replies = createInterface({ input: socket })[Symbol.asyncIterator]()
  const reply = async (): Promise<string> => {
    for (;;) {
      const { value, done } = await replies.next()
      if (done) throw new Error('the server is gone')
      if (value.charAt(3) === ' ') return value
    }
  }
  await reply()
  for (const command of ['EHLO client.test', 'STARTTLS']) {
    socket.write(`${command}\r\n`)
    const said = await reply()
    if (!said.startsWith('2')) throw new Error(`${command}: ${said}`)
  }
  return socket
}
