import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'

const ROOT = join(import.meta.dirname, '..', '..')

interface Manifest {
  name: string
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
}

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const packages = globSync(['{lib,services}/*/package.json', '{operator,standalone,cli,test}/package.json'], { cwd: ROOT })
  .sort()
  .map((path) => ({ folder: path.replace('/package.json', ''), manifest: JSON.parse(read(path)) as Manifest }))

/** The packages that a file imports, by the first one or two parts of their names. */
const importedBy = (path: string): string[] =>
  [...read(path).matchAll(/(?:from |import\(|^import )'((?:@[\w.-]+\/)?[\w.-]+)[/\w.-]*'/gm)].flatMap(([, name = '']) =>
    name.startsWith('.') || builtinModules.includes(name) ? [] : [name],
  )

test('a package declares what it imports: what only its tests import as a devDependency', () => {
  const missing: string[] = []
  for (const { folder, manifest } of packages)
    for (const path of globSync(`${folder}/**/*.ts`, { cwd: ROOT })) {
      const own = Object.keys(manifest.dependencies ?? {})
      const isTest = path.startsWith('test/') || path.endsWith('.test.ts')
      const known = new Set([manifest.name, ...own, ...(isTest ? Object.keys(manifest.devDependencies ?? {}) : [])])
      for (const name of importedBy(path)) if (!known.has(name)) missing.push(`${path}: ${name}`)
    }
  assert.deepEqual(missing, [])
})

test('a package declares nothing that it does not import', () => {
  const unused = packages.flatMap(({ folder, manifest }) => {
    const files = globSync(`${folder}/**/*.ts`, { cwd: ROOT })
    const imported = new Set(files.flatMap(importedBy))
    const production = new Set(files.filter((path) => !path.endsWith('.test.ts')).flatMap(importedBy))
    return [
      ...Object.keys(manifest.dependencies ?? {}).filter((name) => !production.has(name)),
      ...Object.keys(manifest.devDependencies ?? {}).filter((name) => !imported.has(name)),
    ].map((name) => `${folder}/package.json: ${name}`)
  })
  assert.deepEqual(unused, [])
})

test('packages do not depend on each other in a circle', () => {
  const left = new Map(packages.map(({ manifest }) => [manifest.name, Object.keys(manifest.dependencies ?? {})]))
  for (;;) {
    const free = [...left].filter(([, needed]) => needed.every((name) => !left.has(name)))
    if (free.length === 0) break
    for (const [name] of free) left.delete(name)
  }
  assert.deepEqual([...left.keys()], [])
})

test('versions are pinned in the root package.json, and workspaces take the ones pinned there', () => {
  const root = JSON.parse(read('package.json')) as Manifest
  const pins = { ...root.dependencies, ...root.devDependencies }
  for (const [name, version] of Object.entries(pins)) assert.match(version, /^\d+\.\d+\.\d+$/, name)
  const own = new Set(packages.map(({ manifest }) => manifest.name))
  for (const { folder, manifest } of packages)
    for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
      assert.equal(version, '*', `${folder}: ${name}`)
      assert.ok(own.has(name) || name in pins, `${folder}: ${name} is not pinned`)
    }
})

test('the lock file knows every package and what it declares, as npm ci demands', () => {
  const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, Partial<Manifest>> }
  for (const { folder, manifest } of packages) {
    const { dependencies, devDependencies } = lock.packages[folder] ?? {}
    const locked = { ...dependencies, ...devDependencies }
    assert.deepEqual(locked, { ...manifest.dependencies, ...manifest.devDependencies }, `${folder}: run npm install`)
  }
})
