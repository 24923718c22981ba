import type { Category, Stage } from '../category.ts'

/** Codes of Node and OpenSSL for a handshake or a certificate that failed, and the delivery service's own: `TLS`, and
 * `NO_STARTTLS` where TLS is required and not offered. */
const TLS_CODE =
  /^(?:TLS|NO_STARTTLS|EPROTO|ERR_TLS_|ERR_SSL_|CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA)/

/** A connection that ends in the middle of STARTTLS is how many servers say that they do not like the handshake. */
const HANDSHAKE_CUT = new Set(['ECONNRESET', 'EPIPE', 'CLOSED'])

/** Why no reply came, from the error's code. What is not known is the network's: nothing was answered. */
export function categoryOfError(code: string, stage: Stage | undefined): Category {
  if (TLS_CODE.test(code)) return 'tls'
  if (stage === 'starttls' && HANDSHAKE_CUT.has(code)) return 'tls'
  return code === 'PROTOCOL' ? 'protocol-error' : 'network'
}
