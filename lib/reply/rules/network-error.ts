import type { Category, Stage } from '../category.ts'

/** Codes of Node and OpenSSL for a failed handshake or certificate, and those of the delivery service: `TLS`, and `NO_STARTTLS` if TLS
 * is required and not offered. */
const TLS_CODE =
  /^(?:TLS|NO_STARTTLS|EPROTO|ERR_TLS_|ERR_SSL_|CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA)/

/** A connection that ends during STARTTLS: this is how many servers reject a handshake. */
const HANDSHAKE_CUT = new Set(['ECONNRESET', 'EPIPE', 'CLOSED'])

/** The category of an error without a reply, by the error's code. Unknown codes count as network errors, since there was no answer. */
export function categoryOfError(code: string, stage: Stage | undefined): Category {
  if (TLS_CODE.test(code)) return 'tls'
  if (stage === 'starttls' && HANDSHAKE_CUT.has(code)) return 'tls'
  return code === 'PROTOCOL' ? 'protocol-error' : 'network'
}
