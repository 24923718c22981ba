import { z } from 'zod'
import { json, text } from './codecs.ts'
import type { Contract } from './contract.ts'
import { fields } from './contract.ts'
import { optional, variable, withDefault } from './variable.ts'

const certificateFiles = z.object({ certFile: z.string().min(1), keyFile: z.string().min(1) })
type CertificateFiles = z.output<typeof certificateFiles>

/** PEM files with a certificate and its private key. */
export const CERTIFICATE = fields({
  certFile: variable('POSTRIDER_TLS_CERT', text),
  keyFile: variable('POSTRIDER_TLS_KEY', text),
})

const furtherFiles = withDefault(variable('POSTRIDER_TLS_FURTHER', json(z.array(certificateFiles))), [])
const further: Contract<CertificateFiles[]> = {
  ...furtherFiles,
  write: (files) => furtherFiles.write(files.length === 0 ? undefined : files),
}

/** Certificates of a service that uses TLS, as lib/tls reads them. */
export const CERTIFICATES = fields({
  first: CERTIFICATE,
  /** Certificates for other hosts that a client may name (SNI). */
  further,
  /** CAs of client certificates. */
  clientCaFile: optional(variable('POSTRIDER_TLS_CLIENT_CA', text)),
})
