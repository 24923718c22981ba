import { document, element } from './xml.ts'
import type { XmlElement } from './xml.ts'

/** The values of property lists that profiles use. Numbers must be integers. */
export type PlistValue = string | number | boolean | PlistValue[] | { [key: string]: PlistValue }

const DOCTYPE =
  '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">\n'

/** A property list as XML (PropertyList-1.0.dtd). */
export const plist = (value: PlistValue): string => document(element('plist', { version: '1.0' }, node(value)), DOCTYPE)

function node(value: PlistValue): XmlElement {
  if (typeof value === 'string') return element('string', {}, value)
  if (typeof value === 'number') return element('integer', {}, String(value))
  if (typeof value === 'boolean') return element(value ? 'true' : 'false', {})
  if (Array.isArray(value)) return element('array', {}, ...value.map(node))
  return element('dict', {}, ...Object.entries(value).flatMap(([key, inner]) => [element('key', {}, key), node(inner)]))
}
