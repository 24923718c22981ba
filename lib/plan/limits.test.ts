import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnyResource, Kind, Resource } from '@postrider/resources/kinds'
import { readResource } from '@postrider/resources/read'
import { manifest } from '../../test/support/manifest.ts'
import { Inventory } from './inventory.ts'
import { limitOf } from './limits.ts'

function make<K extends Kind>(kind: K, name: string, spec: unknown): AnyResource & Resource<K> {
  const read = readResource(manifest(kind, name, spec), name)
  assert.ok('resource' in read)
  return read.resource as AnyResource & Resource<K>
}

const platform = make('MailPlatform', 'mail', { hostName: 'mail.test', ingress: { messageSize: '10Mi' } })
const domain = make('Domain', 'site', { domainName: 'site.test', limitRef: { name: 'few' } })
const HOUR_MS = 3_600_000

/** The limit of a domain that names it. */
const planned = (spec: unknown) => limitOf(domain, new Inventory([domain, make('SMTPLimit', 'few', spec)]), platform)

test('without a limitRef there is no limit, and an unknown one is reported', () => {
  const inventory = new Inventory([domain])
  assert.deepEqual(limitOf(make('Domain', 'other', { domainName: 'other.test' }), inventory, platform), {})
  assert.deepEqual(inventory.problems, [])
  assert.deepEqual(limitOf(domain, inventory, platform), {})
  assert.deepEqual(
    inventory.problems.map(({ path }) => path),
    ['spec.limitRef'],
  )
})

test('the smaller of the two message sizes applies', () => {
  assert.equal(planned({}).limit?.messageBytes, 10 * 1024 ** 2)
  assert.equal(planned({ messageSize: '1Mi' }).limit?.messageBytes, 1024 ** 2)
  assert.equal(planned({ messageSize: '1Gi' }).limit?.messageBytes, 10 * 1024 ** 2)
})

test('counts are taken as they are', () => {
  const counts = {
    messagesPerDay: 1,
    recipientsPerDay: 2,
    messagesPerMinute: 3,
    concurrentSessions: 4,
    newDestinationsPerDay: 5,
    recipientsPerMessage: 6,
  }
  assert.deepEqual(planned(counts).limit, { name: 'few', ...counts, messageBytes: 10 * 1024 ** 2 })
})

test('a rate has milliseconds, and a burst of its messages if none is given', () => {
  assert.deepEqual(planned({ rate: { messages: 10 } }).limit?.rate, { messages: 10, perMs: 60_000, burst: 10 })
  const rate = { messages: 10, per: '2h', burst: 50 }
  assert.deepEqual(planned({ rate }).limit?.rate, { messages: 10, perMs: 2 * HOUR_MS, burst: 50 })
})

test('tiers come with the rates of stepDown, and suspension with its own', () => {
  const tiers = [{ messagesPerDay: 100 }, { messagesPerDay: 1000, recipientsPerDay: 5000, afterCleanDays: 3 }]
  const spec = { tiers, stepDown: { windowHours: 48 }, suspension: { bouncePercent: 20 } }
  const limit = planned(spec).limit
  assert.deepEqual(limit?.tiers, {
    levels: [{ messagesPerDay: 100, afterCleanDays: 1 }, tiers[1]],
    stepDown: { bouncePercent: 5, spamPercent: 2, minimumRecipients: 50, windowMs: 48 * HOUR_MS },
  })
  const shares = { bouncePercent: 20, spamPercent: 5, minimumRecipients: 100 }
  assert.deepEqual(limit.suspension, { ...shares, windowMs: 24 * HOUR_MS })
})

test('stepDown without tiers has no effect', () => {
  assert.ok(!('tiers' in (planned({ stepDown: { bouncePercent: 1 } }).limit ?? {})))
})
