import { mkdir, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Whole or not at all, and on disk when it resolves. */
export async function writeSafely(file: string, content: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const handle = await open(`${file}.new`, 'w', 0o600)
  await handle.writeFile(content)
  await handle.sync()
  await handle.close()
  await rename(`${file}.new`, file)
}
