import { randomBytes } from 'node:crypto'
import type { Resource } from '@postrider/resources/kinds'
import { durationMs } from '@postrider/resources/quantity'
import type { SMTPCredentialStatus } from '@postrider/resources/status'
import { findingsOn } from '../configuration/gather.ts'
import type { Finding as Complaint } from '../configuration/gather.ts'
import type { StoredResource } from '../../stored-resource.ts'
import { derivePassword } from '../../credentials/password.ts'
import { annotationPatch, nextPasswordIds, readPasswordIds } from '../../credentials/rotation.ts'
import type { PasswordIds } from '../../credentials/rotation.ts'
import type { Finding } from '@postrider/kubernetes/status/conditions'
import { KINDS } from '@postrider/kubernetes/object/kinds'
import { keyFor, refAt, refTo } from '@postrider/kubernetes/object/object'
import { ensure, forgetOwner } from '@postrider/kubernetes/apply/owned'
import { credentialSecret } from '../../shapes/credential-secret.ts'
import { localTlsName } from '../../shapes/names.ts'
import { secretText } from '../../shapes/secret.ts'
import type { Context } from '../context.ts'
import { least } from '../least.ts'
import { keptUse } from '../use/use-status.ts'
import { findPlatform } from '../world.ts'
import { objection, readiness } from './credential-conditions.ts'
import { passwordStatus, previousEndsIn } from './credential-status.ts'

const WAIT_MS = 500

type Stored = StoredResource<'SMTPCredential'>

/** Reconciles one SMTPCredential: its password, the Secret with the password, and its status. */
export function credentialController(context: Context) {
  const { cluster, recorder, status, world, keeper } = context

  async function passwordsOf(resource: Resource<'SMTPCredential'>, object: Stored): Promise<PasswordIds> {
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

  /** Writes the Secret; resolves with the delay until the next run. */
  async function writeSecret(
    platform: Resource<'MailPlatform'>,
    resource: Resource<'SMTPCredential'>,
    object: Stored,
    ids: PasswordIds,
    platformKey: Buffer,
  ): Promise<number | undefined> {
    const password = derivePassword(platformKey, keyFor(resource.namespace, resource.name), ids.current)
    const local = platform.spec.ingress.tls?.secretName === undefined
    const ca = local
      ? secretText(world.secrets.get(keyFor(platform.namespace, localTlsName(platform.name))), 'ca.crt')
      : undefined
    const wanted = credentialSecret(platform, resource, { password, ca })
    return (await ensure(cluster, wanted, world.secrets, recorder, object)).againMs
  }

  const report = (object: Stored, finding: Finding, fields: SMTPCredentialStatus = {}): Promise<boolean> =>
    status.report(object, { findings: [finding], fields: { ...keptUse(object), ...fields } })

  async function serve(
    platform: Resource<'MailPlatform'>,
    resource: Resource<'SMTPCredential'>,
    object: Stored,
    complaints: Complaint[],
    platformKey: Buffer,
  ): Promise<{ againMs?: number | undefined }> {
    const ready = (): Finding =>
      readiness(resource, complaints, world.domains.get(keyFor(resource.namespace, resource.spec.domainRef.name)))
    if (resource.spec.passwordHashes.length > 0) {
      await report(object, ready())
      return {}
    }
    const ids = await passwordsOf(resource, object)
    const again = await writeSecret(platform, resource, object, ids, platformKey)
    await report(object, ready(), passwordStatus(resource, ids))
    return { againMs: least([again, previousEndsIn(ids, Date.now())]) }
  }

  return async (key: string): Promise<{ againMs?: number | undefined }> => {
    const object = world.credentials.get(key)
    const found = findPlatform(world)
    const findings = context.findings()
    // The Secret is deleted with its owner.
    if (object === undefined) forgetOwner(refAt(KINDS.SMTPCredential, key), world.secrets)
    if (object === undefined || found === undefined || 'problems' in found || findings === undefined) return {}
    const { platformKey } = keeper
    if (platformKey === undefined) return { againMs: WAIT_MS }
    const complaints = findingsOn(findings, refAt(KINDS.SMTPCredential, key))
    const { read } = object
    const against = objection(complaints, read)
    if (against !== undefined) await report(object, against)
    if (against !== undefined || 'problems' in read) return {}
    return serve(found.platform, read.resource, object, complaints, platformKey)
  }
}
