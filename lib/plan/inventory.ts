import type { AnyResource, Kind, Resource } from '@postrider/resources/kinds'
import type { Problem } from '@postrider/resources/read'

/** How many names an error about an unknown name lists. */
const MAX_NAMES = 10

/** Finds resources by kind and name, and collects problems between them. */
export class Inventory {
  readonly problems: Problem[] = []
  readonly #byKind = new Map<Kind, AnyResource[]>()
  readonly #byName = new Map<string, AnyResource>()

  constructor(resources: AnyResource[]) {
    for (const resource of resources) {
      const name = nameOf(resource.kind, resource.namespace, resource.name)
      const other = this.#byName.get(name)
      if (other !== undefined) this.report(resource, 'metadata.name', `is declared twice, here and in ${other.origin}`)
      else this.#byName.set(name, resource)
      const alike = this.#byKind.get(resource.kind)
      if (alike === undefined) this.#byKind.set(resource.kind, [resource])
      else alike.push(resource)
    }
  }

  all<K extends Kind>(kind: K): Resource<K>[] {
    return (this.#byKind.get(kind) ?? []) as (AnyResource & Resource<K>)[]
  }

  /** The resource that a reference names. Reports a problem and returns undefined when it does not exist. */
  find<K extends Kind>(
    kind: K,
    reference: { name: string } | undefined,
    from: AnyResource,
    path: string,
  ): Resource<K> | undefined {
    if (reference === undefined) return undefined
    // References never leave the namespace of the resource that contains them.
    const found = this.#byName.get(nameOf(kind, from.namespace, reference.name))
    if (found !== undefined) return found as AnyResource & Resource<K>
    const there = this.#namesIn(kind, from.namespace)
    const problem = `names ${kind} ${reference.name}, which does not exist in namespace ${from.namespace}; existing: ${there}`
    this.report(from, path, problem)
    return undefined
  }

  report({ origin, kind, namespace, name }: AnyResource, path: string, problem: string): void {
    this.problems.push({ origin, resource: nameOf(kind, namespace, name), path, problem })
  }

  #namesIn(kind: Kind, namespace: string): string {
    const names = this.all(kind).flatMap((known) => (known.namespace === namespace ? [known.name] : []))
    const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : ''
    return names.length === 0 ? 'none' : `${names.slice(0, MAX_NAMES).join(', ')}${more}`
  }
}

const nameOf = (kind: Kind, namespace: string, name: string): string => `${kind} ${namespace}/${name}`
