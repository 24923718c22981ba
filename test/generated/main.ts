import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { generatedFiles } from './files.ts'

/** `make generate`: writes what is generated from code, and names each file that changed. */
const ROOT = join(import.meta.dirname, '..', '..')

for (const [path, text] of await generatedFiles(ROOT)) {
  const file = join(ROOT, path)
  if ((await readFile(file, 'utf8').catch(() => '')) === text) continue
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
  console.log(path)
}
