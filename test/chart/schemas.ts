import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** JSON schemas for kubeconform, of the kinds that an API server knows, our own resources included. Nothing is downloaded. */

/** The parts of an OpenAPI v2 document that are read here. */
export interface OpenApi {
  definitions: Record<string, Definition>
}

interface Definition {
  $ref?: string
  type?: string
  format?: string
  properties?: Record<string, Definition>
  items?: Definition
  additionalProperties?: Definition | boolean
  'x-kubernetes-group-version-kind'?: { group: string; version: string; kind: string }[]
  'x-kubernetes-preserve-unknown-fields'?: boolean
}

/** Where kubeconform looks in `folder`, its --schema-location. */
export const locationIn = (folder: string): string => join(folder, '{{ .ResourceKind }}{{ .KindSuffix }}.json')

/** One file a kind; whatever a kind does not mention is an error. */
export function writeSchemas(folder: string, { definitions }: OpenApi): void {
  mkdirSync(folder, { recursive: true })
  const strict = Object.fromEntries(Object.entries(definitions).map(([name, one]) => [name, strictly(name, one)]))
  const file = join(folder, 'definitions.json')
  writeFileSync(file, JSON.stringify({ definitions: strict }))
  for (const [name, { 'x-kubernetes-group-version-kind': kinds = [] }] of Object.entries(definitions))
    for (const { group, version, kind } of kinds) {
      // kubeconform names a group by its first label.
      const suffix = [group.split('.')[0], version].filter((part) => part !== '').join('-')
      const schema = { $ref: `file://${file}#/definitions/${name}` }
      writeFileSync(join(folder, `${kind.toLowerCase()}-${suffix}.json`), JSON.stringify(schema))
    }
}

/** What the document can't say: a type of two, and that other fields are mistakes. */
function strictly(name: string, definition: Definition): object {
  if (name.endsWith('IntOrString') || definition.format === 'int-or-string') return { type: ['integer', 'string'] }
  if (name.endsWith('.Quantity')) return { type: ['number', 'string'] }
  const { properties, items, additionalProperties, ...rest } = definition
  const open = definition['x-kubernetes-preserve-unknown-fields'] === true || additionalProperties !== undefined
  return {
    ...rest,
    ...(items === undefined ? {} : { items: strictly('', items) }),
    ...(typeof additionalProperties === 'object' ? { additionalProperties: strictly('', additionalProperties) } : {}),
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, strictly('', value)])),
          ...(open ? {} : { additionalProperties: false }),
        }),
  }
}
