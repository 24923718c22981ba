import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LineCounter, parseAllDocuments } from 'yaml'
import type { Document } from 'yaml'
import type { AnyResource } from '@postrider/resources/kinds'
import { readResource } from '@postrider/resources/read'
import type { Problem } from '@postrider/resources/read'

export interface Manifests {
  resources: AnyResource[]
  problems: Problem[]
  /** Names and text of all files, which differ when the manifests have changed. */
  fingerprint: string
}

/** Reads all manifests in the *.yaml and *.yml files of a folder, each with one or more documents. Reports every problem, not only the
 * first. */
export async function readManifests(folder: string): Promise<Manifests> {
  const names = (await readdir(folder)).filter((name) => /^[^.].*\.ya?ml$/.test(name)).sort()
  const manifests: Manifests = { resources: [], problems: [], fingerprint: '' }
  for (const name of names) {
    const text = await readFile(join(folder, name), 'utf8')
    manifests.fingerprint += `${name}\n${text}\n`
    readFileText(name, text, manifests)
  }
  if (names.length === 0) {
    manifests.problems.push({ origin: folder, resource: '', path: '', problem: 'contains no *.yaml or *.yml file' })
  }
  return manifests
}

function readFileText(name: string, text: string, { resources, problems }: Manifests): void {
  const lines = new LineCounter()
  const documents = parseAllDocuments(text, { lineCounter: lines })
  if (!Array.isArray(documents)) return
  for (const [index, document] of documents.entries()) {
    const line = lines.linePos(document.contents?.range[0] ?? 0).line
    const origin = `${name} document ${index + 1} (line ${line})`
    if (document.errors.length > 0) {
      for (const error of document.errors)
        problems.push({ origin, resource: '', path: '', problem: `is not valid YAML: ${error.message}` })
      continue
    }
    const manifest = document.toJS() as unknown
    // An empty document, as after a trailing `---`.
    if (manifest === null) continue
    const read = readResource(manifest, origin)
    if ('resource' in read) resources.push(read.resource)
    else
      problems.push(
        ...read.problems.map((problem) => ({ ...problem, origin: withLine(problem, name, index, document, lines) })),
      )
  }
}

/** The origin of a problem with the line of the field, or of the document if the field is missing. */
function withLine(
  { origin, path }: Problem,
  name: string,
  index: number,
  document: Document,
  lines: LineCounter,
): string {
  const keys = path.split(/\.|(?=\[)/).map((key) => (key.startsWith('[') ? Number(key.slice(1, -1)) : key))
  const node = document.getIn(keys, true) as { range?: [number, number, number] } | undefined
  return node?.range === undefined
    ? origin
    : `${name} document ${index + 1} (line ${lines.linePos(node.range[0]).line})`
}

/** A problem as one line of text. */
export const problemLine = ({ origin, resource, path, problem }: Problem): string =>
  [origin, resource, [path, problem].filter((part) => part !== '').join(' ')].filter((part) => part !== '').join(': ')
