import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import type { LimitConfig, RuntimeConfig } from '@postrider/runtime-config/config'
import { newReputation } from '@postrider/reputation/reputation'
import type { Reputation } from '@postrider/reputation/reputation'
import { TALLY_BUCKET_MS } from '@postrider/reputation/tally'
import type { TallyBucket } from '@postrider/reputation/tally'
import { credentialConfig, domainConfig, limitConfig, runtimeConfig } from '../../../test/support/runtime-config.ts'
import { createReputationKeeper } from './keeper.ts'
import type { ReputationKeeper } from './keeper.ts'

const NOON = Date.UTC(2026, 4, 4, 12)
const MINUTE = 60_000
const APP = 'credential/app@sender.test'
const SUSPEND: LimitConfig = limitConfig({
  suspension: { bouncePercent: 10, spamPercent: 5, minimumRecipients: 10, windowMs: 86_400_000 },
})

let config: RuntimeConfig
/** What the bucket has, as this process has heard of it. */
let heard: Map<string, Reputation>
let stored: [account: string, reputation: Reputation][]
let changes: [account: string, suspended: boolean, before: boolean | undefined][]
let buckets: Map<string, TallyBucket[]>
let touched: Set<string>
let pruned: number
let failing: Error | undefined
let keeper: ReputationKeeper

const withLimit = (given: { limit?: LimitConfig; resume?: string }): RuntimeConfig =>
  runtimeConfig({ credentials: [credentialConfig(given)], domains: [domainConfig()] })

beforeEach(() => {
  config = withLimit({ limit: SUSPEND })
  heard = new Map()
  stored = []
  changes = []
  buckets = new Map()
  touched = new Set()
  pruned = 0
  failing = undefined
  keeper = createReputationKeeper({
    store: (account, reputation) => {
      if (failing !== undefined) return Promise.reject(failing)
      stored.push([account, reputation])
      return Promise.resolve()
    },
    reputations: { of: (account) => heard.get(account) },
    outcomes: {
      noteAttempt: () => undefined,
      noteVerdict: () => undefined,
      bucketsOf: (account) => buckets.get(account) ?? [],
      takeTouched: () => {
        const taken = touched
        touched = new Set()
        return taken
      },
      prune: () => {
        pruned++
      },
    },
    config: () => config,
    changed: ({ account }, { suspended }, before) =>
      changes.push([account, suspended !== undefined, before && before.suspended !== undefined]),
  })
})

const bounced = (at: number): TallyBucket[] => [[Math.floor(at / TALLY_BUCKET_MS), 20, 10, 0]]

describe('a turn', () => {
  test('suspends a credential whose mail bounces, and says what it was before', async () => {
    await keeper.update(NOON)
    assert.deepEqual(changes, [[APP, false, undefined]])
    buckets.set(APP, bounced(NOON))
    touched.add(APP)
    await keeper.update(NOON + 1)
    assert.deepEqual(changes.at(-1), [APP, true, false])
    assert.equal(stored.at(-1)?.[1].suspended?.reason, 'Bounces')
  })

  test('looks only at the accounts whose mail changed, and at all of them a minute later', async () => {
    await keeper.update(NOON)
    buckets.set(APP, bounced(NOON))
    await keeper.update(NOON + MINUTE - 1)
    assert.equal(stored.length, 1)
    touched.add('credential/other@sender.test')
    await keeper.update(NOON + MINUTE - 1)
    assert.equal(stored.length, 1)
    await keeper.update(NOON + MINUTE)
    assert.equal(stored.at(-1)?.[1].suspended?.reason, 'Bounces')
    assert.equal(pruned, 2)
  })

  test('looks at all of them at once when the configuration changes', async () => {
    await keeper.update(NOON)
    buckets.set(APP, bounced(NOON))
    config = withLimit({ limit: SUSPEND })
    await keeper.update(NOON + 1)
    assert.equal(stored.length, 2)
  })

  test('writes nothing about accounts whose limit has neither tiers nor a threshold', async () => {
    config = withLimit({ limit: limitConfig() })
    buckets.set(APP, bounced(NOON))
    await keeper.update(NOON)
    assert.deepEqual(stored, [])
  })

  test('writes nothing when nothing changes', async () => {
    await keeper.update(NOON)
    await keeper.update(NOON + 2 * MINUTE)
    assert.equal(stored.length, 1)
  })

  test('goes on from what it wrote itself until it hears of it', async () => {
    buckets.set(APP, bounced(NOON))
    await keeper.update(NOON)
    // The bucket has not answered yet: what was there before must not suspend the account a second time.
    await keeper.update(NOON + 2 * MINUTE)
    assert.equal(stored.length, 1)
    heard.set(APP, JSON.parse(JSON.stringify(stored[0]?.[1])) as Reputation)
    await keeper.update(NOON + 4 * MINUTE)
    // From now on the bucket counts, whoever writes it.
    heard.set(APP, newReputation(NOON + 5 * MINUTE, ''))
    buckets.delete(APP)
    await keeper.update(NOON + 6 * MINUTE)
    assert.equal(await keeper.restore(APP, NOON + 6 * MINUTE), false)
  })

  test('that could not store a reputation says nothing of it, and tries again', async () => {
    buckets.set(APP, bounced(NOON))
    failing = new Error('the broker is away')
    await assert.rejects(keeper.update(NOON), failing)
    assert.deepEqual(changes, [])
    failing = undefined
    await keeper.update(NOON + 1)
    assert.deepEqual(changes, [[APP, true, undefined]])
  })
})

describe('a suspension', () => {
  const suspended = async (): Promise<void> => {
    buckets.set(APP, bounced(NOON))
    await keeper.update(NOON)
  }

  test('ends with another spec.resume, and by what led to it the account is not suspended again', async () => {
    await suspended()
    config = withLimit({ limit: SUSPEND, resume: 'fixed' })
    await keeper.update(NOON + 1)
    assert.deepEqual(changes.at(-1), [APP, false, true])
    await keeper.update(NOON + 2 * MINUTE)
    assert.equal(stored.at(-1)?.[1].suspended, undefined)
  })

  test('can still be ended when the limit that led to it is gone', async () => {
    await suspended()
    config = withLimit({ resume: 'fixed' })
    await keeper.update(NOON + 1)
    assert.equal(stored.at(-1)?.[1].suspended, undefined)
  })

  test('is lifted for the administrator, also of an account that is deleted', async () => {
    await suspended()
    config = runtimeConfig({ credentials: [], domains: [] })
    assert.equal(await keeper.restore(APP, NOON + 1), true)
    assert.deepEqual(changes.at(-1), [APP, false, true])
  })

  test('is not lifted where there is none', async () => {
    assert.equal(await keeper.restore(APP, NOON), false)
    await keeper.update(NOON)
    assert.equal(await keeper.restore(APP, NOON), false)
  })

  test('that the administrator lifted is not lifted again by the spec.resume that was there', async () => {
    config = withLimit({ limit: SUSPEND, resume: 'first' })
    await suspended()
    await keeper.restore(APP, NOON + 1)
    buckets.set(APP, bounced(NOON + 2 * TALLY_BUCKET_MS))
    touched.add(APP)
    await keeper.update(NOON + 2 * TALLY_BUCKET_MS)
    assert.equal(stored.at(-1)?.[1].suspended?.reason, 'Bounces')
    await keeper.update(NOON + 3 * TALLY_BUCKET_MS)
    assert.equal(stored.at(-1)?.[1].suspended?.reason, 'Bounces')
  })
})
