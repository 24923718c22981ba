import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { generateDkimKey } from '@postrider/mail/dkim-keys'
import type { Plan } from '@postrider/plan/plan'
import { dkimPurpose, unseal } from '@postrider/secrets/seal'
import { eventually } from '../../test/support/eventually.ts'
import { followFolder, planFolder } from './provider.ts'
import { StateFolder } from './state.ts'

const EXAMPLE = join(import.meta.dirname, '..', '..', 'examples', 'quickstart')
const DOMAIN = 'example.test'
const SELECTOR = 'postrider-ed25519'
const KEY = randomBytes(32)

const root = mkdtempSync(join(tmpdir(), 'postrider-state-'))
after(() => rmSync(root, { recursive: true }))

/** A state folder with everything that the example needs. */
async function planned(name: string) {
  const [folder, path] = [join(root, name, 'manifests'), join(root, name, 'state')]
  cpSync(EXAMPLE, folder, { recursive: true })
  const state = new StateFolder(path, KEY)
  const pem = join(path, 'dkim', DOMAIN, `${SELECTOR}.pem`)
  return { folder, state, pem, ...(await planFolder(folder, state)) }
}

const sealedIn = ({ config }: Plan): string | undefined =>
  config.domains.get(DOMAIN)?.dkim.find(({ selector }) => selector === SELECTOR)?.sealedKey
const open = (sealed: string | undefined): string => unseal(KEY, dkimPurpose(DOMAIN, SELECTOR), sealed ?? '')

let other = ''
before(async () => {
  other = await generateDkimKey('ed25519-sha256')
})

describe('DKIM keys of the state folder', () => {
  test('are sealed once while they stay the same', async () => {
    const { folder, state, plan, pem } = await planned('same')
    assert.equal(open(sealedIn(plan)), readFileSync(pem, 'utf8'))
    assert.equal(sealedIn((await planFolder(folder, state)).plan), sealedIn(plan))
  })

  test('that are replaced under the same selector are used from then on', async () => {
    const { folder, state, pem } = await planned('replaced')
    writeFileSync(pem, other)
    assert.equal(open(sealedIn((await planFolder(folder, state)).plan)), other)
  })

  test('that are deleted are removed and generated again', async () => {
    const { folder, state, plan, pem } = await planned('deleted')
    rmSync(pem)
    assert.equal(state.observe().dkimKeys.has(`${DOMAIN}/${SELECTOR}`), false)
    const again = sealedIn((await planFolder(folder, state)).plan)
    assert.notEqual(open(again), open(sealedIn(plan)))
  })

  test('that are replaced by a file that is not a key are reported, and the last valid ones stay in use', async () => {
    const { state, plan, pem } = await planned('rubbish')
    const good = readFileSync(pem, 'utf8')
    writeFileSync(pem, good.slice(0, 40))
    assert.equal(state.observe().dkimKeys.get(`${DOMAIN}/${SELECTOR}`), sealedIn(plan))
    assert.match(state.badKeys().join(), /postrider-ed25519\.pem is not a private key/)
    writeFileSync(pem, good)
    assert.equal(state.observe().dkimKeys.get(`${DOMAIN}/${SELECTOR}`), sealedIn(plan))
    assert.deepEqual(state.badKeys(), [])
  })
})

test('a key that is replaced while the platform runs is published', async () => {
  const { folder, state, pem, fingerprint } = await planned('running')
  const plans: Plan[] = []
  const problems: string[] = []
  const provider = followFolder(
    {
      folder,
      state,
      onPlan: (plan) => {
        plans.push(plan)
        return Promise.resolve()
      },
      onProblems: (found) => void problems.push(...found.map(({ problem }) => problem)),
    },
    fingerprint,
  )
  try {
    writeFileSync(pem, other)
    await eventually(() => assert.equal(plans.length, 1))
    assert.equal(open(plans[0] && sealedIn(plans[0])), other)
    writeFileSync(pem, 'rubbish')
    await eventually(() => assert.equal(problems.length, 1))
    // Other changes are still applied, with the last valid key.
    assert.ok(plans.every((plan) => open(sealedIn(plan)) === other))
  } finally {
    provider.close()
  }
})
