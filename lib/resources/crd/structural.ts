import { z } from 'zod'

/** A node of a structural schema (Kubernetes API conventions; OpenAPI v3 without references and alternatives). */
export interface StructuralNode {
  type?: string
  description?: string
  default?: unknown
  enum?: unknown[]
  properties?: Record<string, StructuralNode>
  additionalProperties?: StructuralNode
  items?: StructuralNode
  required?: string[]
  'x-kubernetes-validations'?: { rule: string; message: string; optionalOldSelf?: true }[]
  [keyword: string]: unknown
}

interface JsonSchema {
  anyOf?: JsonSchema[]
  properties?: Record<string, JsonSchema>
  additionalProperties?: JsonSchema | boolean
  items?: JsonSchema
  type?: string
  enum?: unknown[]
  format?: string
  [keyword: string]: unknown
}

/** Keywords that a structural schema must not have, or that are converted separately. */
const DROPPED = new Set(['$schema', 'additionalProperties', 'anyOf', 'propertyNames', 'properties', 'items'])
/** The formats to keep; the API server does not know the others, or defines them differently. */
const FORMATS: unknown[] = ['date-time', 'int64']
const SAFE_INTEGER = Number.MAX_SAFE_INTEGER

/** Converts a zod schema, in its input form, to a structural schema; the API server fills in the defaults. */
export const structural = (schema: z.ZodType): StructuralNode =>
  shape(z.toJSONSchema(schema, { io: 'input' }) as JsonSchema)

function shape(node: JsonSchema): StructuralNode {
  if (node.anyOf !== undefined) return alternatives(node, node.anyOf)
  const plain = Object.fromEntries(
    Object.entries(node).filter(
      // zod limits every whole number to what a double can represent.
      ([keyword, value]) =>
        !DROPPED.has(keyword) &&
        !(keyword === 'format' && !FORMATS.includes(value)) &&
        value !== SAFE_INTEGER &&
        value !== -SAFE_INTEGER,
    ),
  ) as StructuralNode
  if (node.enum !== undefined && node.type === 'number') plain.type = 'integer'
  if (node.properties !== undefined)
    plain.properties = Object.fromEntries(Object.entries(node.properties).map(([name, inner]) => [name, shape(inner)]))
  if (node.items !== undefined) plain.items = shape(node.items)
  if (isObject(plain.default)) plain.default = filled(plain.default, plain)
  if (typeof node.additionalProperties === 'object') plain.additionalProperties = shape(node.additionalProperties)
  return plain
}

/** Converts the only supported alternatives: IP addresses, or networks, of both families. Throws for any other. */
function alternatives({ description }: JsonSchema, among: JsonSchema[]): StructuralNode {
  const formats = among.map(({ format }) => format).join()
  const kind = { 'ipv4,ipv6': ADDRESS, 'cidrv4,cidrv6': NETWORK }[formats]
  if (kind === undefined) throw new Error('a structural schema has no alternatives but for IP addresses and networks')
  const { maxLength, ...rule } = kind
  return {
    type: 'string',
    maxLength,
    ...(description === undefined ? {} : { description: description as string }),
    'x-kubernetes-validations': [rule],
  }
}

const ADDRESS = { maxLength: 45, rule: 'isIP(self)', message: 'must be an IPv4 or IPv6 address' }
const NETWORK = {
  maxLength: 49,
  rule: 'isCIDR(self)',
  message: 'must be a network such as 10.0.0.0/8 or 2001:db8::/32',
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Adds the defaults of its fields to a default: rules are evaluated on it before the API server fills it in. */
function filled(given: Record<string, unknown>, { properties = {} }: StructuralNode): Record<string, unknown> {
  const defaults = Object.entries(properties).flatMap(([name, { default: value }]) =>
    value === undefined ? [] : [[name, value]],
  )
  return { ...Object.fromEntries(defaults), ...given } as Record<string, unknown>
}
