import { describeRef, keyFor } from '@postrider/kubernetes/object/object'
import type { AnyResource } from '@postrider/resources/kinds'
import type { Problem } from '@postrider/resources/read'

/** Senders that a namespace allows itself without having the domain: in a cluster with several tenants nobody may send as another.
 * `owners` tells the namespace that may send as a domain name, `nameOf` the domain name that a Domain (`namespace/name`) has,
 * if only by its claim: it sends nothing until that is proved, so its own name does no harm. */
export function foreignSenders(
  resource: AnyResource,
  owners: ReadonlyMap<string, string>,
  nameOf: ReadonlyMap<string, string>,
): Problem[] {
  if (resource.kind !== 'Domain' && resource.kind !== 'SMTPCredential') return []
  const { namespace, name, origin } = resource
  const own = nameOf.get(keyFor(namespace, resource.kind === 'Domain' ? name : resource.spec.domainRef.name))
  return resource.spec.allowedSenders.flatMap((pattern, index) => {
    const domain = pattern.slice(pattern.lastIndexOf('@') + 1).toLowerCase()
    if (ownerOf(domain, (name) => (name === own ? namespace : owners.get(name))) === namespace) return []
    const problem = `is ${pattern}, but this namespace has no Domain for ${domain} that may send; create one, or remove the entry`
    return [{ origin, resource: describeRef(resource), path: `spec.allowedSenders[${index}]`, problem }]
  })
}

/** Who has the domain, or else the nearest one above it. */
export function ownerOf(domain: string, namespaceOf: (domainName: string) => string | undefined): string | undefined {
  for (let rest = domain; rest !== ''; rest = rest.includes('.') ? rest.slice(rest.indexOf('.') + 1) : '') {
    const owner = namespaceOf(rest)
    if (owner !== undefined) return owner
  }
  return undefined
}
