import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { KINDS } from '../kinds.ts'
import { definitionFiles } from './files.ts'
import { structural } from './structural.ts'
import type { StructuralNode } from './structural.ts'

const FOLDER = join(import.meta.dirname, '..', '..', '..', 'crds')

test('crds/ matches the schemas', async () => {
  const wanted = await definitionFiles()
  assert.deepEqual(readdirSync(FOLDER).sort(), [...wanted.keys()].sort())
  for (const [name, text] of wanted)
    assert.equal(readFileSync(join(FOLDER, name), 'utf8'), text, `${name}: run node lib/resources/crd/main.ts`)
})

test('every field has a description for kubectl explain', () => {
  const silent: string[] = []
  const walk = (node: StructuralNode, path: string): void => {
    for (const [name, inner] of Object.entries(node.properties ?? {})) {
      if (inner.description === undefined) silent.push(`${path}.${name}`)
      walk(inner, `${path}.${name}`)
    }
    if (node.items !== undefined) walk(node.items, `${path}[]`)
  }
  for (const [kind, schema] of Object.entries(KINDS)) walk(structural(schema), kind)
  assert.deepEqual(silent, [])
})
