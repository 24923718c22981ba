import type { Resource } from '@postrider/resources/kinds'
import type { Inventory } from './inventory.ts'

/** PEM files with a certificate and its private key, as they are given: relative to where the platform is started. */
export interface CertificateFilesPlan {
  certificateFile: string
  keyFile: string
}

/** Certificates that are given as files; those in Secrets are the operator's affair. */
export interface CertificatesPlan {
  /** For clients that name no host, or one that none of the others is for; without it a local one is made. */
  first?: CertificateFilesPlan
  /** Chosen by the host that a client names. */
  further: CertificateFilesPlan[]
  /** CAs whose certificates clients may show. */
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
