import type { ListenerSettings } from '@postrider/contract/listener'
import type { RuntimeConfig } from '@postrider/runtime-config/config'
import type { Resource } from '@postrider/resources/kinds'
import type { Inventory } from './inventory.ts'

const KINDS = { ImplicitTLS: 'submissions', STARTTLS: 'submission', TrustedNetworks: 'relay' } as const

/** Reports contradictions between the fields of the listeners. */
export function checkListeners(platform: Resource<'MailPlatform'>, config: RuntimeConfig, inventory: Inventory): void {
  const { ingress } = platform.spec
  for (const [index, { mode, networks, credential, clientCertificate }] of ingress.listeners.entries()) {
    const path = `spec.ingress.listeners[${index}]`
    const relay = mode === 'TrustedNetworks'
    if (relay && networks.length === 0)
      inventory.report(platform, `${path}.networks`, 'is empty, so no client could connect')
    if (relay && (credential === undefined || !config.credentials.has(credential))) {
      inventory.report(
        platform,
        `${path}.credential`,
        `is ${credential ?? 'missing'}, but must be the address of an SMTPCredential`,
      )
    }
    if (clientCertificate !== 'None') {
      if (relay) inventory.report(platform, `${path}.clientCertificate`, 'is only for listeners with a login')
      if (ingress.tls?.clientCA === undefined)
        inventory.report(
          platform,
          `${path}.clientCertificate`,
          'requires spec.ingress.tls.clientCA, the CA that signs the client certificates',
        )
    }
    if (!relay && credential !== undefined)
      inventory.report(platform, `${path}.credential`, 'is only for mode TrustedNetworks')
  }
}

/** The listeners in the settings of ingress. */
export const listenerSettings = (
  listeners: Resource<'MailPlatform'>['spec']['ingress']['listeners'],
): ListenerSettings[] =>
  listeners.map(({ mode, port, address, networks, credential, proxyProtocol, clientCertificate }) => {
    const proxies = proxyProtocol?.trusted ?? []
    const settings = { kind: KINDS[mode], host: address, port, networks, proxies, clientCertificate }
    return credential === undefined ? settings : { ...settings, credential }
  })
