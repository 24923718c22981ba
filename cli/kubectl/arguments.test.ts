import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UsageError } from '@postrider/standalone/usage-error'
import { readArguments } from './arguments.ts'

test('options are read wherever they stand, and what is left are the words', () => {
  const { words, namespace, everywhere, json, limit } = readArguments([
    '-n',
    'mail',
    'queue',
    'ls',
    '--limit',
    '5',
    '-A',
  ])
  assert.deepEqual([words, namespace, everywhere, json, limit], [['queue', 'ls'], 'mail', true, false, '5'])
})

test('JSON can be asked for in two ways, and no other output', () => {
  assert.deepEqual([readArguments(['--json']).json, readArguments(['-o', 'json']).json], [true, true])
  assert.throws(() => readArguments(['-o', 'yaml']), UsageError)
})

test('an unknown option, and one without its value, is explained', () => {
  for (const args of [['--force'], ['--domain']])
    assert.throws(
      () => readArguments(args),
      (error) => error instanceof UsageError && error.message.includes('kubectl postrider status'),
    )
})
