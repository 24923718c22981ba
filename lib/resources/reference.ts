import { argv } from 'node:process'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import { API_VERSION, KINDS } from './kinds.ts'
import type { Kind } from './kinds.ts'
import { STATUS } from './status.ts'

/** The parts of a JSON Schema node that the reference needs. */
interface Node {
  type?: string
  description?: string
  default?: unknown
  enum?: unknown[]
  minimum?: number
  maximum?: number
  properties?: Record<string, Node>
  required?: string[]
  items?: Node
}

/** The reference page of all kinds, generated from the schemas. */
export function referencePage(): string {
  const kinds = Object.entries(KINDS).map(([kind, schema]) => {
    const [spec, status] = [schema, STATUS[kind as Kind]].map((part) => z.toJSONSchema(part, { io: 'input' }) as Node)
    const wished = `| field of spec | type | default | meaning |\n|---|---|---|---|\n${rows(spec ?? {}, '').join('\n')}\n`
    const found = `| field of status | type | meaning |\n|---|---|---|\n${stateRows(status ?? {}, '').join('\n')}\n`
    return `## ${kind}\n\n${wished}\n${found}`
  })
  return [
    '# Resources',
    '',
    `Every resource has \`apiVersion: ${API_VERSION}\`, a \`kind\`, a \`metadata.name\` and, unless it is \`default\`, a \`metadata.namespace\`.`,
    'In standalone mode, a folder of YAML files contains the resources; a file may have several documents. References are within a namespace.',
    'A field marked "Kubernetes" or "Standalone" has an effect only there. Only the operator writes the status.',
    'Write durations as `250ms`, `30s`, `5m`, `4h`, `30d` or `0`, and sizes in octets as `1000`, `64Ki`, `25Mi` or `1Gi`.',
    '',
    '`make generate` writes this page from the schemas.',
    '',
    ...kinds,
  ].join('\n')
}

function rows(node: Node, prefix: string): string[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, field]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`
    const needed = node.required?.includes(name) ?? false
    const own = `| \`${path}\` | ${typeOf(field)} | ${defaultOf(field, needed)} | ${(field.description ?? '').replaceAll('|', '\\|')} |`
    const inner = field.type === 'array' ? rows(field.items ?? {}, `${path}[]`) : rows(field, path)
    return [own, ...inner]
  })
}

function stateRows(node: Node, prefix: string): string[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, field]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`
    const own = `| \`${path}\` | ${typeOf(field)} | ${field.description ?? ''} |`
    return [own, ...stateRows(field.items ?? {}, `${path}[]`)]
  })
}

function typeOf({ type = 'string', enum: choices, items, minimum, maximum }: Node): string {
  if (choices !== undefined) return choices.map((choice) => `\`${String(choice)}\``).join(', ')
  if (type === 'array') return `list of ${typeOf(items ?? {})}`
  if (type === 'integer') {
    const most = maximum === undefined || maximum > 1e12 ? '' : `..${maximum}`
    return `whole number${minimum === undefined || minimum < -1e12 ? '' : ` ${minimum}${most || ' or more'}`}`
  }
  return type
}

function defaultOf({ default: value }: Node, needed: boolean): string {
  if (value === undefined) return needed ? 'required' : ''
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text === '{}' ? '' : `\`${text}\``
}

if (pathToFileURL(argv[1] ?? '').href === import.meta.url) console.log(referencePage())
