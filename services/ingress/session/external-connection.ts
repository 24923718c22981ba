import type { SubjectNames } from '@postrider/tls/host-names'
import type { CertificateLogin } from './authenticate-certificate.ts'
import { shownNames } from './client-certificate.ts'
import type { ClientCertificate } from './client-certificate.ts'
import { EnvelopeConnection } from './envelope-connection.ts'

/** The result of a login: the user, or why it failed. */
export type LoginAnswer = (
  error: (Error & { responseCode?: number | undefined }) | null | undefined,
  response?: { user?: unknown },
) => void

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** Login by client certificate: AUTH EXTERNAL (RFC 4422, appendix A; RFC 4954), announced only to clients that presented a trusted
 * certificate. On a port that requires one, passwords are not checked without it. */
export abstract class ExternalConnection extends EnvelopeConnection {
  /** Whether the port requests or requires a client certificate. */
  protected abstract clientCertificate(): ClientCertificate

  protected abstract loginByCertificate(login: CertificateLogin, answer: LoginAnswer): void

  override send(code: number, data?: string | string[] | null, context?: string | false): void {
    const offered = Array.isArray(data) && this.#names() !== undefined
    const withExternal = (line: string): string => (line.startsWith('AUTH ') ? `${line} EXTERNAL` : line)
    super.send(code, offered ? data.map(withExternal) : data, context)
  }

  protected override commandAuth(command: Buffer, callback: () => void): void {
    const names = this.#names()
    if (this.secure && names === undefined && this.clientCertificate() === 'Required') {
      this.send(530, '5.7.0 this port requires a client certificate from a trusted CA')
      return callback()
    }
    const [, mechanism = '', initial, ...more] = command.toString().trim().split(/\s+/)
    if (names === undefined || mechanism.toUpperCase() !== 'EXTERNAL') return super.commandAuth(command, callback)
    if (this.session.user) return this.#end(503, '5.5.1 you are already logged in', callback)
    if (more.length > 0) return this.#end(501, '5.5.4 syntax: AUTH EXTERNAL [initial-response]', callback)
    if (initial !== undefined) return this.#external(initial === '=' ? '' : initial, names, callback)
    this.awaitLine((line, done) => this.#external(line.toString().trim(), names, done))
    this.send(334)
    callback()
  }

  /** The names in the client's certificate; undefined without a trusted one, and on a port that requests none. */
  #names(): SubjectNames | undefined {
    return this.clientCertificate() === 'None' ? undefined : shownNames(this.socket)
  }

  #external(response: string, names: SubjectNames, callback: () => void): void {
    if (response === '*') return this.#end(501, '5.7.0 login cancelled', callback)
    if (!BASE64.test(response)) return this.#end(501, '5.5.2 the response is not valid base64', callback)
    const authorization = Buffer.from(response, 'base64').toString()
    this.loginByCertificate({ authorization, names }, (error, { user } = {}) => {
      if (error) return this.#end(error.responseCode ?? 535, error.message, callback)
      this.session.user = user
      this.session.transmissionType = this.transmission
      this.#end(235, 'Authentication successful', callback)
    })
  }

  #end(code: number, text: string, callback: () => void): void {
    this.send(code, text)
    callback()
  }
}
