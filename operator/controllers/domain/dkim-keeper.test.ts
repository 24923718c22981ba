import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { V1Secret } from '@kubernetes/client-node'
import { keySecret } from '../../dkim/secrets.ts'
import type { StoredKey } from '../../dkim/secrets.ts'
import type { Context } from '../context.ts'
import { DkimKeeper } from './dkim-keeper.ts'

const owner = { key: 'shop/main', domainName: 'shop.test' }
const keyOf = (selector: string, pem = 'pem'): StoredKey => ({
  selector,
  pem,
  algorithm: 'Ed25519',
  generation: 1,
  createdAt: 0,
  request: '',
})

/** A keeper, and Secrets that the test adds and removes. */
function world() {
  const secrets = new Map<string, V1Secret>()
  const store = { list: () => [...secrets.values()] }
  const context = { world: { secrets: store }, namespace: 'mail' } as unknown as Context
  const write = (key: StoredKey, of = owner): void => {
    secrets.set(key.selector, keySecret('mail', 'platform', of, key) as V1Secret)
  }
  return { keeper: new DkimKeeper(context), secrets, write }
}

const selectorsOf = (keys: StoredKey[]): string[] => keys.map(({ selector }) => selector)

test('keys are found by their owner, in the order of their selectors', () => {
  const { keeper, write } = world()
  write(keyOf('s2'))
  write(keyOf('s1'))
  write(keyOf('s3'), { ...owner, key: 'other/main' })
  assert.deepEqual(selectorsOf(keeper.keysOf(owner)), ['s1', 's2'])
})

test('a key whose Secret is deleted or edited is remembered as it was', () => {
  const { keeper, secrets, write } = world()
  write(keyOf('s1'))
  write(keyOf('s2'))
  keeper.keysOf(owner)
  secrets.delete('s1')
  write(keyOf('s2', 'edited'))
  assert.deepEqual(
    keeper.keysOf(owner).map(({ pem }) => pem),
    ['pem', 'pem'],
  )
})

test('the keys of a Domain that is gone are forgotten, and known again by their Secrets when it comes back', () => {
  const { keeper, secrets, write } = world()
  write(keyOf('s1'))
  write(keyOf('s2'))
  keeper.keysOf(owner)
  secrets.delete('s1')
  keeper.forget('shop/main')
  assert.deepEqual(selectorsOf(keeper.keysOf(owner)), ['s2'])
})

test('the keys of a name that the Domain no longer has are forgotten', () => {
  const { keeper, secrets, write } = world()
  write(keyOf('s1'))
  keeper.keysOf(owner)
  assert.deepEqual(keeper.keysOf({ ...owner, domainName: 'other.test' }), [])
  secrets.clear()
  assert.deepEqual(keeper.keysOf(owner), [])
})
