import type { V1Secret } from '@kubernetes/client-node'
import type { Wire } from '@postrider/kubernetes/object/object'
import type { Resource } from '@postrider/resources/kinds'
import { credentialSecretName, labelsOf } from './names.ts'
import { secret } from './secret.ts'
import { clientHost, servicePorts } from './service.ts'

/** The Secret with which a program logs in. `ca` is the local CA, if the platform uses its local certificate. Pure. */
export function credentialSecret(
  platform: Resource<'MailPlatform'>,
  { namespace, name, spec }: Resource<'SMTPCredential'>,
  { password, ca }: { password: string; ca: string | undefined },
): Wire<V1Secret> {
  const host = clientHost(platform)
  const ports = servicePorts(platform)
  const portOf = (wanted: string): string => String(ports.find(({ mode }) => mode === wanted)?.port ?? '')
  return secret({
    namespace,
    name: spec.secretName ?? credentialSecretName(name),
    labels: labelsOf(platform.name),
    data: {
      host,
      port: portOf('ImplicitTLS'),
      portImplicitTLS: portOf('ImplicitTLS'),
      portSTARTTLS: portOf('STARTTLS'),
      username: spec.address,
      password,
      uri: `smtps://${encodeURIComponent(spec.address)}:${encodeURIComponent(password)}@${host}:${portOf('ImplicitTLS')}`,
      ...(ca === undefined ? {} : { 'ca.crt': ca }),
    },
  })
}
