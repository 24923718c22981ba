/** A step into an object: a field, a list item by the field that identifies it, or a list item by its index. */
export type Step = string | number | { by: string; is: unknown }

/** A field that differs from what is wanted. */
export interface Difference {
  path: Step[]
  /** The live value; undefined if there is none. */
  live: unknown
}

/** Fields that can identify list items, best first: two mounts may use the same volume. */
const ITEM_KEYS = ['mountPath', 'name', 'containerPort', 'uid', 'type']

/** Maps that the API server treats as atomic (x-kubernetes-map-type): an added entry changes what they select. */
const WHOLE_MAPS = new Set<Step | undefined>(['selector', 'matchLabels', 'labelSelector', 'nodeSelector'])

/** Where `live` differs from `wanted`. Ignores what `wanted` does not mention: server defaults, and fields and named items of others.
 * Empty equals absent, because the server omits empty values. */
export function differences(wanted: unknown, live: unknown, path: Step[] = []): Difference[] {
  if (wanted === undefined || wanted === null || (live === undefined && isEmpty(wanted))) return []
  if (Array.isArray(wanted)) return Array.isArray(live) ? ofLists(wanted, live, path) : [{ path, live }]
  if (typeof wanted !== 'object') return wanted === live ? [] : [{ path, live }]
  if (typeof live !== 'object' || live === null) return live === undefined ? leaves(wanted, path) : [{ path, live }]
  const missing = Object.entries(wanted).flatMap(([key, value]) =>
    differences(value, (live as Record<string, unknown>)[key], [...path, key]),
  )
  return WHOLE_MAPS.has(path.at(-1)) ? [...missing, ...added(wanted, live, path)] : missing
}

const added = (wanted: object, live: object, path: Step[]): Difference[] =>
  Object.entries(live).flatMap(([key, value]) =>
    key in wanted || isEmpty(value) ? [] : [{ path: [...path, key], live: value as unknown }],
  )

function ofLists(wanted: unknown[], live: unknown[], path: Step[]): Difference[] {
  const by = ITEM_KEYS.find((key) => tellsApart(wanted, key))
  if (by !== undefined) {
    return wanted.flatMap((item) => {
      const is = fieldOf(item, by)
      const found = live.find((other) => fieldOf(other, by) === is)
      const step = [...path, { by, is }]
      return found === undefined ? [{ path: step, live: undefined }] : differences(item, found, step)
    })
  }
  if (wanted.length !== live.length) return [{ path, live }]
  return wanted.flatMap((item, index) => differences(item, live[index], [...path, index]))
}

/** Reports a missing branch by its fields: `data.password`, not `data`. */
const leaves = (wanted: object, path: Step[]): Difference[] =>
  Object.entries(wanted).flatMap(([key, value]) => differences(value, undefined, [...path, key]))

function tellsApart(items: unknown[], key: string): boolean {
  const values = items.map((item) => fieldOf(item, key))
  return items.length > 0 && !values.includes(undefined) && new Set(values).size === items.length
}

const fieldOf = (item: unknown, key: string): unknown =>
  typeof item === 'object' && item !== null ? (item as Record<string, unknown>)[key] : undefined

function isEmpty(value: unknown): boolean {
  if (typeof value === 'object' && value !== null)
    return Object.values(value).every((part) => part === undefined || isEmpty(part))
  return value === '' || value === 0 || value === false
}

/** `spec.template.spec.containers[ingress].image`, `data["tls.crt"]`. */
export function pathText(path: Step[]): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`
      if (typeof step === 'object') return `[${String(step.is)}]`
      return /^[\w-]+$/.test(step) ? `${index === 0 ? '' : '.'}${step}` : `["${step}"]`
    })
    .join('')
}
