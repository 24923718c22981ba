import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { definitionFiles } from './files.ts'

/** Writes crds/ anew: `node lib/resources/crd/main.ts`. */
const folder = join(import.meta.dirname, '..', '..', '..', 'crds')
mkdirSync(folder, { recursive: true })
for (const [name, text] of await definitionFiles()) writeFileSync(join(folder, name), text)
