import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { writeSafely } from '../provider/write-safely.ts'

/** Reads the passwords in a file, by user, and generates missing ones. Only its owner can read the file. */
export async function keepPasswords(file: string, users: string[]): Promise<Record<string, string>> {
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>) : {}
  for (const user of users) kept[user] ??= randomBytes(24).toString('base64url')
  await writeSafely(file, JSON.stringify(kept, null, 2))
  return kept
}
