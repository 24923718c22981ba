import { refOf } from '@postrider/kubernetes/object/kinds'
import { describeRef, keyOf } from '@postrider/kubernetes/object/object'
import type { ObjectRef } from '@postrider/kubernetes/object/object'
import { conditionOf } from '@postrider/kubernetes/status/status'
import type { AnyResource, Kind, Resource } from '@postrider/resources/kinds'
import type { StoredResource } from '../../stored-resource.ts'
import { isAllowed } from '../../tenancy/allowed.ts'
import { settleClaims } from '../../tenancy/claims.ts'
import { excesses } from '../../tenancy/excess.ts'
import type { Excess } from '../../tenancy/excess.ts'
import { foreignAddress } from '../../tenancy/foreign-address.ts'
import { maySend } from '../../tenancy/may-send.ts'
import { foreignSenders } from '../../tenancy/senders.ts'

/** Why an object is not applied, or not completely. */
export interface Finding {
  reason: 'NamespaceNotAllowed' | 'Invalid' | 'NameTaken' | 'SendersNotAllowed' | 'Overlapping' | 'Shadowed'
  message: string
}

/** Whether a finding excludes a Domain or a credential; SendersNotAllowed only removes some of its senders. */
export const stops = ({ reason }: Finding): boolean => reason !== 'SendersNotAllowed'

/** By object, as named by `describeRef`. */
export type Findings = Map<string, Finding[]>

/** The findings about an object. */
export const findingsOn = (findings: Findings, object: Named): Finding[] => findings.get(describeRef(object)) ?? []

/** A reference, or a resource. */
type Named = Pick<ObjectRef, 'kind' | 'namespace' | 'name'>

export interface Gathered {
  platform: Resource<'MailPlatform'>
  /** All that are applied, including the platform. */
  resources: AnyResource[]
  findings: Findings
  /** The Domain resource (`namespace/name`) of a domain name. */
  owners: Map<string, string>
}

/** A stored resource other than the MailPlatform; `kind` discriminates the union. */
export type TenantObject = { [K in Exclude<Kind, 'MailPlatform'>]: StoredResource<K> }[Exclude<Kind, 'MailPlatform'>]

export interface GatherInput {
  platform: Resource<'MailPlatform'>
  /** All objects of these kinds in the cluster. */
  objects: TenantObject[]
  namespaces: Map<string, Record<string, string>>
}

/** Kinds that apply only in the MailPlatform's namespace. */
const PLATFORM_KINDS: ReadonlySet<Kind> = new Set(['DeliveryPool', 'DestinationPolicy'])

/** The resources that are applied, and why the others are not. A tenant's mistake does not affect other tenants. Pure. */
export function gather({ platform, objects, namespaces }: GatherInput): Gathered {
  const findings: Findings = new Map()
  const note = (object: Named, finding: Finding): void =>
    void findings.set(describeRef(object), [...findingsOn(findings, object), finding])
  const read = objects.flatMap((object) => {
    const { kind } = object
    const namespace = object.metadata?.namespace ?? ''
    if (PLATFORM_KINDS.has(kind) && namespace !== platform.namespace) {
      const message = `a ${kind} takes effect only in the namespace of the MailPlatform`
      note(refOf(object), { reason: 'NamespaceNotAllowed', message })
      return []
    }
    if (
      !isAllowed(
        platform.spec.tenants,
        { name: namespace, labels: namespaces.get(namespace) ?? {} },
        platform.namespace,
      )
    ) {
      const message =
        'the platform does not serve this namespace; ask its administrator to add it to spec.tenants of the MailPlatform'
      note(refOf(object), { reason: 'NamespaceNotAllowed', message })
      return []
    }
    const result = readTenants(object)
    if ('resource' in result) return [{ resource: result.resource, object }]
    note(refOf(object), {
      reason: 'Invalid',
      message: result.problems.map(({ path, problem }) => `${path} ${problem}`).join('; '),
    })
    return []
  })
  const owners = settleClaims(
    read.flatMap(({ resource, object }) =>
      resource.kind === 'Domain'
        ? [
            {
              key: keyOf(object),
              domainName: resource.spec.domainName,
              verifiedAt: verifiedAt(object),
              createdAt: createdAt(object),
            },
          ]
        : [],
    ),
  )
  const nameOf = new Map([...owners].map(([domainName, key]) => [key, domainName]))
  // A claim without proof gives no right to send, nor does it take a subdomain from its parent's owner.
  const namespaceOf = new Map(
    read.flatMap(({ resource, object }) =>
      resource.kind === 'Domain' &&
      owners.get(resource.spec.domainName) === keyOf(object) &&
      maySend(object, platform.spec.verification.sending)
        ? [[resource.spec.domainName, resource.namespace] as const]
        : [],
    ),
  )
  const resources: AnyResource[] = [platform]
  for (const { resource, object } of read) {
    if (resource.kind === 'Domain' && owners.get(resource.spec.domainName) !== keyOf(object)) {
      const message = `${resource.spec.domainName} is not available: another Domain already uses it; the owner of the domain can prove ownership with the ownership record in status.dnsRecords`
      note(resource, { reason: 'NameTaken', message })
      continue
    }
    const refused = notByCode(resource, platform) ?? foreignAddress(resource, namespaceOf)
    if (refused !== undefined) {
      note(resource, { reason: 'SendersNotAllowed', message: refused })
      continue
    }
    const foreign = foreignSenders(resource, namespaceOf, nameOf)
    for (const { path, problem } of foreign)
      note(resource, { reason: 'SendersNotAllowed', message: `${path} ${problem}` })
    resources.push(
      foreign.length === 0
        ? resource
        : withoutSenders(
            resource,
            foreign.map(({ path }) => path),
          ),
    )
  }
  return { platform, resources, findings, owners }
}

function notByCode({ kind }: AnyResource, platform: Resource<'MailPlatform'>): string | undefined {
  if (kind !== 'SenderAddress' || platform.spec.verification.senderAddresses !== 'Never') return undefined
  return 'the platform does not allow sending from addresses outside the domains of the tenant (spec.verification.senderAddresses of the MailPlatform is Never)'
}

/** Also reports what exceeds a tenant's share. */
function readTenants({ tooLong, read }: TenantObject): { resource: AnyResource } | { problems: Excess[] } {
  if (tooLong.length > 0) return { problems: tooLong }
  if ('problems' in read) return read
  const problems = excesses(read.resource)
  return problems.length > 0 ? { problems } : read
}

/** Removes the refused senders; the rest is applied. */
function withoutSenders(resource: AnyResource, paths: string[]): AnyResource {
  if (resource.kind !== 'Domain' && resource.kind !== 'SMTPCredential') return resource
  const allowedSenders = resource.spec.allowedSenders.filter(
    (_, index) => !paths.includes(`spec.allowedSenders[${index}]`),
  )
  return { ...resource, spec: { ...resource.spec, allowedSenders } } as AnyResource
}

/** When ownership was verified, as in the Domain's status. Milliseconds since the epoch. */
function verifiedAt(object: TenantObject): number | undefined {
  const found = conditionOf(object, 'OwnershipVerified')
  return found?.status === 'True' ? Date.parse(found.lastTransitionTime) : undefined
}

const createdAt = ({ metadata }: TenantObject): number => Date.parse(metadata?.creationTimestamp ?? '')
