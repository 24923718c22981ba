import type { AnyResource } from '@postrider/resources/kinds'
import type { Problem } from '@postrider/resources/read'

/** Senders that a namespace allows itself without having the domain: in a cluster with several tenants nobody may send as another.
 * `owners` tells the namespace that has a domain name. */
export function foreignSenders(resource: AnyResource, owners: ReadonlyMap<string, string>): Problem[] {
  if (resource.kind !== 'Domain' && resource.kind !== 'SMTPCredential') return []
  const { kind, namespace, name, origin } = resource
  return resource.spec.allowedSenders.flatMap((pattern, index) => {
    const domain = pattern.slice(pattern.lastIndexOf('@') + 1).toLowerCase()
    if (ownerOf(domain, owners) === namespace) return []
    const problem = `is ${pattern}, but this namespace has no Domain for ${domain}; make one, or take the entry out`
    return [{ origin, resource: `${kind} ${namespace}/${name}`, path: `spec.allowedSenders[${index}]`, problem }]
  })
}

/** Who has the domain, or else the nearest one above it. */
function ownerOf(domain: string, owners: ReadonlyMap<string, string>): string | undefined {
  for (let rest = domain; rest !== ''; rest = rest.includes('.') ? rest.slice(rest.indexOf('.') + 1) : '') {
    const owner = owners.get(rest)
    if (owner !== undefined) return owner
  }
  return undefined
}
