import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { subjectNames } from './host-names.ts'

export interface CertificateFiles {
  cert: string
  key: string
}

/** A certificate or key cannot be read or parsed, or the two do not match. */
export class BadCertificateError extends Error {
  override readonly name = 'BadCertificateError'
  readonly file: string
  constructor(file: string, problem: string, options?: ErrorOptions) {
    super(`${file} ${problem}`, options)
    this.file = file
  }
}

/** Reads and checks a PEM certificate (chain) and its key; throws BadCertificateError, naming the file. */
export function readCertificate(certFile: string, keyFile: string): CertificateFiles {
  const cert = read(certFile)
  const key = read(keyFile)
  const certificate = parse(certFile, 'certificate', () => new X509Certificate(cert))
  const privateKey = parse(keyFile, 'private key', () => createPrivateKey(key))
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new BadCertificateError(keyFile, `is not the key of the certificate in ${certFile}`)
  }
  try {
    subjectNames(cert)
    createSecureContext({ cert, key })
  } catch (cause) {
    throw new BadCertificateError(certFile, `cannot be used for TLS: ${(cause as Error).message}`, { cause })
  }
  return { cert, key }
}

/** Reads the PEM certificates of client CAs; throws BadCertificateError, naming the file. */
export function readClientCa(file: string): string {
  const text = read(file)
  if (!parse(file, 'certificate', () => new X509Certificate(text)).ca)
    throw new BadCertificateError(file, 'is a certificate, but not of a CA')
  return text
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new BadCertificateError(file, 'cannot be read; check its path and permissions', { cause })
  }
}

function parse<T>(file: string, what: string, run: () => T): T {
  try {
    return run()
  } catch (cause) {
    throw new BadCertificateError(file, `contains no PEM ${what}`, { cause })
  }
}
