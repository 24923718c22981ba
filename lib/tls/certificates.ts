import { unwatchFile, watchFile } from 'node:fs'
import { BadCertificateError, readCertificate, readClientCa } from './certificate.ts'
import type { CertificateFiles } from './certificate.ts'

/** The certificates that a port presents, and the CAs of client certificates. PEM texts. */
export interface Certificates {
  /** For clients that name no host, or a host that no other certificate matches. */
  first: CertificateFiles
  /** Selected by the host that a client names (SNI; RFC 6066, 3). */
  further: CertificateFiles[]
  /** CAs of client certificates. Absent: clients are not asked for one. */
  clientCa?: string
}

export interface CertificatePaths {
  certFile: string
  keyFile: string
}

export interface CertificateSources {
  first: CertificatePaths
  further: CertificatePaths[]
  clientCaFile?: string | undefined
}

export interface CertificateWatch {
  readonly current: Certificates
  /** Calls `changed` after each successful reload; returns a function that ends this. */
  onChange(changed: (certificates: Certificates, file: string) => void): () => void
}

const CHECK_MS = 1000

/** Reads the files, and checks each second whether they have changed. A bad file is reported and its previous content stays in use, so
 * that an error in one certificate does not affect the others. Throws BadCertificateError for the first certificate, without which the
 * port cannot be opened. */
export function openCertificates(
  { first, further, clientCaFile }: CertificateSources,
  onBad: (error: BadCertificateError) => void,
): CertificateWatch {
  const opened = readCertificate(first.certFile, first.keyFile)
  const kept = new Map<CertificatePaths, CertificateFiles>()
  let clientCa: string | undefined

  const guarded = (read: () => void): boolean => {
    try {
      read()
      return true
    } catch (error) {
      if (!(error instanceof BadCertificateError)) throw error
      onBad(error)
      return false
    }
  }
  const read = (paths: CertificatePaths): boolean =>
    guarded(() => void kept.set(paths, readCertificate(paths.certFile, paths.keyFile)))
  const readCa = (file: string): boolean => guarded(() => (clientCa = readClientCa(file)))
  const current = (): Certificates => ({
    first: kept.get(first) ?? opened,
    further: further.flatMap((paths) => kept.get(paths) ?? []),
    ...(clientCa === undefined ? {} : { clientCa }),
  })

  for (const paths of further) read(paths)
  if (clientCaFile !== undefined) readCa(clientCaFile)
  return {
    get current() {
      return current()
    },
    onChange(changed) {
      const watched: [string, () => boolean][] = [first, ...further].map((paths) => [paths.certFile, () => read(paths)])
      if (clientCaFile !== undefined) watched.push([clientCaFile, () => readCa(clientCaFile)])
      const ends = watched.map(([file, reload]) => {
        const listener = (): void => {
          if (reload()) changed(current(), file)
        }
        watchFile(file, { interval: CHECK_MS }, listener)
        return () => unwatchFile(file, listener)
      })
      return () => {
        for (const end of ends) end()
      }
    },
  }
}
