import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ScriptTable } from '../../support/receiver/script.ts'

/** A script from `remotes/`. */
export function fixture(name: string): ScriptTable {
  return JSON.parse(readFileSync(join(import.meta.dirname, '..', 'remotes', `${name}.json`), 'utf8')) as ScriptTable
}
