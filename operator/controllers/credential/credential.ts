import { randomBytes } from 'node:crypto'
import type { Resource } from '@postrider/resources/kinds'
import { durationMs } from '@postrider/resources/quantity'
import { readResource } from '@postrider/resources/read'
import { findingKey, manifestOf, stops } from '../configuration/gather.ts'
import type { Finding as Complaint } from '../configuration/gather.ts'
import type { StoredResource } from '../../stored-resource.ts'
import { derivePassword } from '../../credentials/password.ts'
import { annotationPatch, nextPasswordIds, readPasswordIds } from '../../credentials/rotation.ts'
import type { PasswordIds } from '../../credentials/rotation.ts'
import { setCondition } from '@postrider/kubernetes/status/conditions'
import type { Condition } from '@postrider/kubernetes/status/conditions'
import { KINDS } from '@postrider/kubernetes/object/kinds'
import { keyFor, refTo } from '@postrider/kubernetes/object/object'
import { ensure } from '@postrider/kubernetes/apply/owned'
import { writeStatus } from '@postrider/kubernetes/status/status'
import { credentialSecretName, labelsOf, localTlsName } from '../../shapes/names.ts'
import { secret, secretText } from '../../shapes/secret.ts'
import { clientHost, servicePorts } from '../../shapes/service.ts'
import type { Context } from '../context.ts'
import { least } from '../platform/keeper.ts'
import { keptUse } from '../use/use-status.ts'
import { findPlatform } from '../world.ts'

interface Verdict {
  ready: boolean
  reason: string
  message: string
}

const WAIT_MS = 500

/** Sees to one SMTPCredential: its password, the Secret that tells it, and its status. */
export function credentialController(context: Context) {
  const { cluster, recorder, world, keeper } = context

  async function passwordsOf(resource: Resource<'SMTPCredential'>, object: StoredResource): Promise<PasswordIds> {
    const { request, overlap } = resource.spec.rotation
    const present = readPasswordIds(object.metadata?.annotations)
    const wish = { request, overlapMs: durationMs(overlap) }
    const next = nextPasswordIds(present, wish, Date.now(), () => randomBytes(9).toString('base64url'))
    if (next !== present) {
      const ref = refTo(KINDS.SMTPCredential, resource.namespace, resource.name)
      await cluster.merge(ref, { metadata: { annotations: annotationPatch(next) } })
      if (present !== undefined && next.current !== present.current)
        recorder.record(
          object,
          'Normal',
          'PasswordRotated',
          `the Secret has a new password; the old one stays valid for ${overlap}`,
        )
    }
    return next
  }

  /** Writes the Secret; resolves with when to look again. */
  async function writeSecret(
    platform: Resource<'MailPlatform'>,
    resource: Resource<'SMTPCredential'>,
    object: StoredResource,
    ids: PasswordIds,
    platformKey: Buffer,
  ): Promise<number | undefined> {
    const { namespace, name, spec } = resource
    const password = derivePassword(platformKey, keyFor(namespace, name), ids.current)
    const host = clientHost(platform)
    const portOf = (mode: string): string =>
      String(servicePorts(platform).find((port) => port.mode === mode)?.port ?? '')
    const local = platform.spec.ingress.tls?.secretName === undefined
    const ca = local
      ? secretText(world.secrets.get(keyFor(platform.namespace, localTlsName(platform.name))), 'ca.crt')
      : undefined
    const wanted = secret({
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
    return (await ensure(cluster, wanted, world.secrets, recorder, object)).againMs
  }

  async function writeVerdict(
    object: StoredResource,
    { ready, reason, message }: Verdict,
    extra: object,
  ): Promise<void> {
    const observedGeneration = object.metadata?.generation ?? 0
    const status = ready ? 'True' : 'False'
    const found = { type: 'Ready', status, reason, message, observedGeneration } as const
    const conditions = setCondition(object.status?.conditions as Condition[] | undefined, found, new Date())
    await writeStatus(cluster, object, { ...keptUse(object), conditions, observedGeneration, ...extra })
  }

  /** What the configuration says against it, or undefined. */
  function objection(key: string, object: StoredResource): Verdict | undefined {
    const complaints = context.findings()?.get(findingKey('SMTPCredential', key)) ?? []
    const stopping = complaints.find(stops)
    if (stopping !== undefined) return { ready: false, ...stopping }
    const read = readResource(manifestOf('SMTPCredential', object), 'cluster')
    if ('resource' in read) return undefined
    const message = read.problems.map(({ path, problem }) => `${path} ${problem}`).join('; ')
    return { ready: false, reason: 'Invalid', message }
  }

  async function serve(
    platform: Resource<'MailPlatform'>,
    resource: Resource<'SMTPCredential'>,
    object: StoredResource,
    platformKey: Buffer,
  ): Promise<{ againMs?: number | undefined }> {
    const key = keyFor(resource.namespace, resource.name)
    const complaints = context.findings()?.get(findingKey('SMTPCredential', key)) ?? []
    const verdict = (): Verdict =>
      verdictOf(resource, complaints, world.domains.get(keyFor(resource.namespace, resource.spec.domainRef.name)))
    if (resource.spec.passwordHashes.length > 0) {
      await writeVerdict(object, verdict(), {})
      return {}
    }
    const ids = await passwordsOf(resource, object)
    const again = await writeSecret(platform, resource, object, ids, platformKey)
    await writeVerdict(object, verdict(), {
      secretName: resource.spec.secretName ?? credentialSecretName(resource.name),
      rotationDone: ids.answered,
      ...(ids.previous === undefined ? {} : { previousValidUntil: new Date(ids.previous.until).toISOString() }),
    })
    const over = ids.previous === undefined ? undefined : Math.max(0, ids.previous.until - Date.now())
    return { againMs: least([again, over]) }
  }

  return async (key: string): Promise<{ againMs?: number | undefined }> => {
    const object = world.credentials.get(key)
    const found = findPlatform(world)
    // The Secret goes with its owner.
    if (object === undefined || found === undefined || 'problems' in found) return {}
    if (context.findings() === undefined) return {}
    const { platformKey } = keeper
    if (platformKey === undefined) return { againMs: WAIT_MS }
    const against = objection(key, object)
    if (against !== undefined) {
      await writeVerdict(object, against, {})
      return {}
    }
    const read = readResource(manifestOf('SMTPCredential', object), 'cluster')
    // `objection` has looked at that.
    if ('problems' in read) return {}
    return serve(found.platform, read.resource as Resource<'SMTPCredential'>, object, platformKey)
  }
}

function verdictOf(
  { spec }: Resource<'SMTPCredential'>,
  complaints: Complaint[],
  domain: StoredResource | undefined,
): Verdict {
  if (spec.state === 'Suspended')
    return { ready: false, reason: 'Suspended', message: 'spec.state is Suspended, so mail from this login is refused' }
  const ready = domain?.status?.conditions?.find(({ type }) => type === 'Ready') as Condition | undefined
  if (ready?.status !== 'True') {
    const { name } = spec.domainRef
    const why =
      domain === undefined
        ? 'this namespace has no Domain with that name'
        : (ready?.message ?? 'it has not been checked yet')
    return { ready: false, reason: 'DomainNotReady', message: `Domain ${name} is not ready: ${why}` }
  }
  if (complaints.length > 0)
    return { ready: false, reason: 'SendersNotAllowed', message: complaints.map(({ message }) => message).join('; ') }
  return { ready: true, reason: 'Ready', message: 'can log in and send' }
}
