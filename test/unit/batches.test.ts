import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batchesOf } from './batches.ts'

const plain = (file: string) => ({ file, text: "import { test } from 'node:test'\ntest('x', () => undefined)\n" })

test('files share as many processes as there are, evenly', () => {
  assert.deepEqual(batchesOf(['a', 'b', 'c', 'd', 'e'].map(plain), 2), [
    ['a', 'c', 'e'],
    ['b', 'd'],
  ])
  assert.deepEqual(batchesOf([plain('a')], 4), [['a']])
})

test('a file whose hooks or mocks would reach other files has a process of its own', () => {
  const hooked = { file: 'hooked', text: 'beforeEach(() => undefined)\n' }
  const mocking = { file: 'mocking', text: "import { mock, test } from 'node:test'\n" }
  const inside = { file: 'inside', text: "describe('x', () => {\n  before(() => undefined)\n})\n" }
  assert.deepEqual(batchesOf([hooked, plain('a'), mocking, inside], 1), [['a', 'inside'], ['hooked'], ['mocking']])
})
