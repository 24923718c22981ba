import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DomainStatus } from '@postrider/resources/status'
import { storedAs } from '../../stored-resource.ts'
import { countedAs, keptUse, useStatus } from './use-status.ts'

const metadata = { namespace: 'shop', name: 'one' }

test('a Domain or credential with a limit is counted by its account, also when the rest of its spec is wrong', () => {
  const domain = (spec: object) => countedAs(storedAs('Domain')({ metadata, spec }))
  const credential = (spec: object) => countedAs(storedAs('SMTPCredential')({ metadata, spec }))
  const limitRef = { name: 'few' }
  assert.deepEqual(domain({ domainName: 'shop.test', limitRef }), { account: 'domain/shop.test', limit: 'few' })
  assert.deepEqual(domain({ domainName: 'shop.test', limitRef, retention: 'for ever' })?.account, 'domain/shop.test')
  assert.equal(domain({ domainName: 'shop.test' }), undefined)
  assert.deepEqual(credential({ address: 'App@Shop.Test', limitRef })?.account, 'credential/App@shop.test')
})

test('the use is shown with the limit where there is one for a day', () => {
  assert.deepEqual(useStatus(12, 1000), { sentToday: 12, dailyLimit: 1000, use: '12 / 1000' })
  assert.deepEqual(useStatus(12, undefined), { sentToday: 12, use: '12' })
})

test('who writes the rest of a status keeps the use that it has, and nothing else', () => {
  const none: DomainStatus = { conditions: [] }
  const status = { ...useStatus(0, 10), conditions: [], secretName: 'app-smtp' }
  assert.deepEqual(keptUse({ status }), { sentToday: 0, dailyLimit: 10, use: '0 / 10' })
  assert.deepEqual(keptUse({ status: none }), {})
  assert.deepEqual(keptUse({ status: {} }), {})
})
