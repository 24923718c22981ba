import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { BadSettingError } from './bad-setting.ts'
import { json, list, oneOf, text, whole } from './codecs.ts'
import { optional, secret, variable, withDefault } from './variable.ts'

const refused = (read: () => unknown, message: string): void =>
  assert.throws(read, (error) => error instanceof BadSettingError && error.setting === 'X' && error.message === message)

describe('one variable', () => {
  const number = variable('X', whole(1, 64))

  test('is read as it was written', () => {
    assert.deepEqual(number.write(7), { X: '7' })
    assert.equal(number.read({ X: '7' }), 7)
    assert.deepEqual(variable('X', list).read(variable('X', list).write(['a', 'b'])), ['a', 'b'])
    assert.equal(variable('X', oneOf(['a', 'b'])).read({ X: 'b' }), 'b')
  })

  test('that is empty counts as not set', () => {
    for (const environment of [{}, { X: '' }]) {
      refused(() => variable('X', text).read(environment), 'X is not set')
      assert.equal(optional(number).read(environment), undefined)
      assert.equal(withDefault(number, 4).read(environment), 4)
    }
    refused(() => variable('X', text).write(''), 'X is not set')
  })

  test('that is left to the reader is not written', () => {
    assert.deepEqual(optional(number).write(undefined), {})
    assert.deepEqual(withDefault(number, 4).write(undefined), {})
    assert.deepEqual(withDefault(variable('X', text), 'a').write(''), {})
    assert.deepEqual(withDefault(variable('X', list), []).write([]), {})
    // A later release may have a different default.
    assert.deepEqual(withDefault(number, 4).write(4), { X: '4' })
  })

  test('that is malformed is named, with the expected values', () => {
    for (const X of ['0', '65', '1.5', 'many'])
      refused(() => withDefault(number, 4).read({ X }), `X is ${X}, but must be a whole number from 1 to 64`)
    refused(() => variable('X', oneOf(['a', 'b'])).read({ X: 'c' }), 'X is c, but must be one of a, b')
    assert.throws(() => number.write(65), { name: 'BadSettingError', setting: 'X' })
  })

  test('of JSON is checked for its shape', () => {
    const ports = variable('X', json(z.array(z.object({ port: z.int() }))))
    assert.deepEqual(ports.read(ports.write([{ port: 25 }])), [{ port: 25 }])
    assert.deepEqual(ports.read({ X: '[{"port":25,"later":true}]' }), [{ port: 25 }])
    refused(() => ports.read({ X: '[{' }), 'X is not JSON')
    refused(
      () => ports.read({ X: '[{"port":"25"}]' }),
      'X is malformed at 0.port: Invalid input: expected number, received string',
    )
    refused(() => ports.read({ X: '{}' }), 'X is malformed: Invalid input: expected array, received object')
  })
})

describe('a secret', () => {
  test('comes from a file or from the variable itself, and the file is preferred', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'contract-')), 'secret')
    writeFileSync(file, 'from the file\n')
    assert.equal(secret('X').read({ X: 'plain' }), 'plain')
    assert.equal(secret('X').read({ X: 'plain', X_FILE: file }), 'from the file')
    assert.equal(secret('X').read({ X: 'plain', X_FILE: '' }), 'plain')
  })

  test('may be left to a provider that injects it', () => {
    assert.deepEqual(secret('X').write('plain'), { X: 'plain' })
    assert.deepEqual(secret('X').write(undefined), {})
    assert.equal(secret('X').name, 'X')
    refused(() => secret('X').read({}), 'X is not set')
  })

  test('in a missing file is an error that names the file', () => {
    assert.throws(() => secret('X').read({ X_FILE: '/nonexistent' }), {
      name: 'BadSettingError',
      setting: 'X_FILE',
      message: 'X_FILE is /nonexistent, which cannot be read',
    })
  })
})
