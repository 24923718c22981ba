import { describeRef, keyFor } from '@postrider/kubernetes/object/object'
import type { AnyResource } from '@postrider/resources/kinds'
import type { Problem } from '@postrider/resources/read'

/** Entries of allowedSenders for domains that the namespace does not own: no tenant may send as another. `owners` has the namespace that
 * may send as a domain name, `nameOf` the domain name of a Domain (`namespace/name`), even if it is only claimed: until ownership is
 * proved, the Domain sends nothing. */
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

/** Who owns the domain, or else its nearest parent domain. */
export function ownerOf(domain: string, namespaceOf: (domainName: string) => string | undefined): string | undefined {
  for (let rest = domain; rest !== ''; rest = rest.includes('.') ? rest.slice(rest.indexOf('.') + 1) : '') {
    const owner = namespaceOf(rest)
    if (owner !== undefined) return owner
  }
  return undefined
}
