import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { definitionFiles } from './files.ts'

/** Regenerates crds/ and the chart's copy: `node lib/resources/crd/main.ts`. */
const root = join(import.meta.dirname, '..', '..', '..')
for (const folder of ['crds', 'charts/postrider/crd-files']) {
  mkdirSync(join(root, folder), { recursive: true })
  for (const [name, text] of await definitionFiles()) writeFileSync(join(root, folder, name), text)
}
