import type { Resource } from '@postrider/resources/kinds'
import type { Inventory } from './inventory.ts'

/** PEM files with a certificate and its private key. Paths are as written: relative to the working directory of the platform. */
export interface CertificateFilesPlan {
  certificateFile: string
  keyFile: string
}

/** Certificates that are given as files; the operator handles those in Secrets. */
export interface CertificatesPlan {
  /** The certificate for clients that name no host, or one that no other certificate matches; without it, a local one is created. */
  first?: CertificateFilesPlan
  /** Selected by the host that a client names (SNI). */
  further: CertificateFilesPlan[]
  /** CAs of client certificates. */
  clientCaFile?: string
}

export function planCertificates(platform: Resource<'MailPlatform'>, inventory: Inventory): CertificatesPlan {
  const { further = [], clientCA, ...given } = platform.spec.ingress.tls ?? {}
  const both = (files: Partial<CertificateFilesPlan>, path: string): CertificateFilesPlan | undefined => {
    const { certificateFile, keyFile } = files
    if (certificateFile !== undefined && keyFile !== undefined) return { certificateFile, keyFile }
    if (certificateFile !== undefined || keyFile !== undefined)
      inventory.report(platform, path, 'has only one of certificateFile and keyFile; both are required')
    return undefined
  }
  const first = both(given, 'spec.ingress.tls')
  return {
    ...(first === undefined ? {} : { first }),
    ...(clientCA?.certificateFile === undefined ? {} : { clientCaFile: clientCA.certificateFile }),
    further: further.flatMap((files, index) => both(files, `spec.ingress.tls.further[${index}]`) ?? []),
  }
}
