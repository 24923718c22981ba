/** An element of an XML document, or text. */
export type Xml = string | XmlElement

export interface XmlElement {
  name: string
  attributes: Record<string, string>
  children: Xml[]
}

/** Creates an element, such as `element('port', {}, '465')`. Names are not escaped; text and attribute values are. */
export const element = (name: string, attributes: Record<string, string>, ...children: Xml[]): XmlElement => ({
  name,
  attributes,
  children,
})

/** The text of a document. `doctype` is inserted before the root element. */
export const document = (root: XmlElement, doctype = ''): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n${doctype}${write(root, '')}\n`

function write(node: XmlElement, indent: string): string {
  const attributes = Object.entries(node.attributes).map(([name, value]) => ` ${name}="${escaped(value)}"`)
  const open = `${indent}<${node.name}${attributes.join('')}`
  if (node.children.length === 0) return `${open}/>`
  // No white space is added around text.
  if (node.children.every((child) => typeof child === 'string'))
    return `${open}>${node.children.map(escaped).join('')}</${node.name}>`
  const inner = node.children.map((child) => (typeof child === 'string' ? escaped(child) : write(child, `${indent}  `)))
  return `${open}>\n${inner.join('\n')}\n${indent}</${node.name}>`
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' }

/** Escapes text (XML 1.0, 2.4) and removes characters that a document must not contain (2.2). */
const escaped = (text: string): string =>
  text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    .replace(/[&<>"']/g, (letter) => ENTITIES[letter] ?? '')

/** The text of the first element with this name, under any prefix and without child elements; undefined if there is none.
 *
 * This is not an XML parser, on purpose: it decodes only predefined entities and character references, so that a hostile document can
 * neither define entities nor have anything fetched. */
export function textOf(document: string, name: string): string | undefined {
  const [, text] = new RegExp(`<(?:\\w+:)?${name}(?:\\s[^<>]*)?>([^<]*)</(?:\\w+:)?${name}\\s*>`).exec(document) ?? []
  return text?.trim().replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos));/gi, unescaped)
}

const NAMED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function unescaped(_: string, decimal?: string, hex?: string, named?: string): string {
  if (named !== undefined) return NAMED[named.toLowerCase()] ?? ''
  const point = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal)
  return point <= 0x10ffff ? String.fromCodePoint(point) : ''
}
