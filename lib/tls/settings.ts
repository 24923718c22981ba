import type { CertificatePaths, CertificateSources } from './certificates.ts'

interface Settings {
  text(name: string): string
  optional(name: string): string | undefined
  json(name: string, fallback?: unknown): unknown
}

/** What a service was started with: the same names for all that speak TLS. */
export const certificateSources = (env: Settings): CertificateSources => ({
  first: { certFile: env.text('POSTRIDER_TLS_CERT'), keyFile: env.text('POSTRIDER_TLS_KEY') },
  further: env.json('POSTRIDER_TLS_FURTHER', []) as CertificatePaths[],
  clientCaFile: env.optional('POSTRIDER_TLS_CLIENT_CA'),
})

/** The same, for whoever starts a service. */
export function certificateSettings({ first, further, clientCaFile }: CertificateSources): Record<string, string> {
  return {
    POSTRIDER_TLS_CERT: first.certFile,
    POSTRIDER_TLS_KEY: first.keyFile,
    ...(further.length === 0 ? {} : { POSTRIDER_TLS_FURTHER: JSON.stringify(further) }),
    ...(clientCaFile === undefined ? {} : { POSTRIDER_TLS_CLIENT_CA: clientCaFile }),
  }
}
