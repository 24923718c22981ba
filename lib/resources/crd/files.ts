import { format } from 'prettier'
import { stringify } from 'yaml'
import { KINDS } from '../kinds.ts'
import type { Kind } from '../kinds.ts'
import { definition, fileOf } from './definitions.ts'

/** The expected content of the files in crds/, by name. */
export async function definitionFiles(): Promise<Map<string, string>> {
  const files = new Map<string, string>()
  for (const kind of Object.keys(KINDS) as Kind[]) {
    const text = `# Made from the schemas: node lib/resources/crd/main.ts\n${stringify(definition(kind), { lineWidth: 0, aliasDuplicateObjects: false })}`
    files.set(fileOf(kind), await format(text, { parser: 'yaml', printWidth: 120, singleQuote: true }))
  }
  return files
}
