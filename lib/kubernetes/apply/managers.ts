import type { Step } from './compare.ts'

/** An entry of metadata.managedFields. */
export interface ManagedFields {
  manager?: string
  subresource?: string
  time?: string
  fieldsV1?: object
}

/** Field managers other than `ours` that own one of the fields (`kubectl-edit`, `helm`, ...), most recent first. A removed field has no
 * owner: then the managers that wrote after us. */
export function managersOf(entries: ManagedFields[], paths: Step[][], ours: string): string[] {
  const others = entries
    .filter(({ manager, subresource }) => manager !== ours && subresource === undefined)
    .sort((one, other) => (other.time ?? '').localeCompare(one.time ?? ''))
  const owners = others.filter(({ fieldsV1 }) => paths.some((path) => owns(fieldsV1, path)))
  if (owners.length > 0) return names(owners)
  const ourTime = entries.find(({ manager, subresource }) => manager === ours && subresource === undefined)?.time ?? ''
  return names(others.filter(({ time = '' }) => time > ourTime))
}

const names = (entries: ManagedFields[]): string[] => [...new Set(entries.flatMap(({ manager }) => manager ?? []))]

/** Whether the set of fields (`f:name`, `k:{"name":"x"}`, `v:"x"`, `.`) includes the field, or a whole branch around it. */
function owns(fields: unknown, path: Step[]): boolean {
  if (typeof fields !== 'object' || fields === null) return false
  const [step, ...rest] = path
  const entries = Object.entries(fields)
  // An owned leaf is an empty set. A list or map without items in the set is owned as a whole.
  if (step === undefined || entries.length === 0) return true
  const found = entries.find(([key]) => leadsTo(key, step))
  return found !== undefined && owns(found[1], rest)
}

function leadsTo(key: string, step: Step): boolean {
  if (typeof step === 'string') return key === `f:${step}`
  if (typeof step === 'number' || !key.startsWith('k:')) return false
  return (JSON.parse(key.slice(2)) as Record<string, unknown>)[step.by] === step.is
}
