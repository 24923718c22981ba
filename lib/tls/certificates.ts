import { unwatchFile, watchFile } from 'node:fs'
import { BadCertificateError, readCertificate, readClientCa } from './certificate.ts'
import type { CertificateFiles } from './certificate.ts'

/** What a port shows, and what it asks for. PEM texts. */
export interface Certificates {
  /** For clients that name no host, or one that none of the others is for. */
  first: CertificateFiles
  /** Chosen by the host that a client names (SNI; RFC 6066, 3). */
  further: CertificateFiles[]
  /** CAs whose certificates clients may show. Absent: none is asked for. */
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
  /** Calls with what is new; returns what ends that. */
  onChange(changed: (certificates: Certificates, file: string) => void): () => void
}

const LOOK_MS = 1000

/** Reads the files and looks at them each second. What is bad is reported, and what was there before stays in use: a mistake in one
 * name's certificate does not stop the others. Throws BadCertificateError for the first one, without which nothing can be shown. */
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
      const looks: [string, () => boolean][] = [first, ...further].map((paths) => [paths.certFile, () => read(paths)])
      if (clientCaFile !== undefined) looks.push([clientCaFile, () => readCa(clientCaFile)])
      const ends = looks.map(([file, look]) => {
        const listener = (): void => {
          if (look()) changed(current(), file)
        }
        watchFile(file, { interval: LOOK_MS }, listener)
        return () => unwatchFile(file, listener)
      })
      return () => {
        for (const end of ends) end()
      }
    },
  }
}
