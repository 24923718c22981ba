import assert from 'node:assert/strict'
import { test } from 'node:test'
import { text, whole } from './codecs.ts'
import { fields, group } from './contract.ts'
import { optional, variable, withDefault } from './variable.ts'

const contract = fields({
  name: variable('NAME', text),
  size: withDefault(variable('SIZE', whole(0, 9)), 3),
  files: group(fields({ ca: optional(variable('CA', text)), key: optional(variable('KEY', text)) })),
})

test('fields are read and written together, and absent ones stay absent', () => {
  assert.deepEqual(contract.write({ name: 'a' }), { NAME: 'a' })
  assert.deepEqual(contract.read({ NAME: 'a' }), { name: 'a', size: 3 })
  const whole = { name: 'a', size: 4, files: { ca: '/ca' } }
  assert.deepEqual(contract.write(whole), { NAME: 'a', SIZE: '4', CA: '/ca' })
  assert.deepEqual(contract.read(contract.write(whole)), whole)
})

test('a contract names all its variables', () => {
  assert.deepEqual(contract.names, ['NAME', 'SIZE', 'CA', 'KEY'])
})

test('unknown fields are neither read nor written', () => {
  assert.deepEqual(contract.read({ NAME: 'a', OTHER: 'b' }), { name: 'a', size: 3 })
  const more = { name: 'a', other: 'b' }
  assert.deepEqual(contract.write(more), { NAME: 'a' })
})
