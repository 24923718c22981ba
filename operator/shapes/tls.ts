import type { GivenTo } from '@postrider/contract/contract'
import type { CERTIFICATES } from '@postrider/contract/tls'
import type { Resource } from '@postrider/resources/kinds'
import { localTlsName } from './names.ts'
import type { MountedSecret } from './pod.ts'

const FOLDER = '/etc/postrider/tls'

/** Secrets of type kubernetes.io/tls, the default one first: the local one if none is given. */
export function tlsSecrets({ name, spec }: Resource<'MailPlatform'>): [first: string, ...further: string[]] {
  const { secretName = localTlsName(name), further = [] } = spec.ingress.tls ?? {}
  return [secretName, ...further.flatMap((one) => one.secretName ?? [])]
}

/** Settings and Secrets of a service that uses TLS. Pure. */
export function tlsWishes(platform: Resource<'MailPlatform'>): {
  settings: GivenTo<typeof CERTIFICATES>
  secrets: MountedSecret[]
} {
  const [first, ...others] = tlsSecrets(platform)
  const further = others.map((secretName, index) => ({ secretName, path: `${FOLDER}-further/${index}` }))
  const files = (path: string) => ({ certFile: `${path}/tls.crt`, keyFile: `${path}/tls.key` })
  const ca = platform.spec.ingress.tls?.clientCA?.secretName
  return {
    settings: {
      first: files(FOLDER),
      further: further.map(({ path }) => files(path)),
      clientCaFile: ca === undefined ? undefined : `${FOLDER}-client-ca/ca.crt`,
    },
    secrets: [
      { name: 'tls', secretName: first, path: FOLDER },
      // Optional: a pod must start even if one name has no certificate yet.
      ...further.map((one, index) => ({ ...one, name: `tls-further-${index}`, optional: true })),
      ...(ca === undefined
        ? []
        : [{ name: 'tls-client-ca', secretName: ca, path: `${FOLDER}-client-ca`, optional: true }]),
    ],
  }
}
