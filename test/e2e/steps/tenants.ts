import assert from 'node:assert/strict'
import { eventually } from '../../support/eventually.ts'
import type { Run } from '../journey.ts'
import { apply, get, kubectl } from '../kube.ts'
import { conditionOf, mailTo, send, SHOP, startClient, waitFor, wantedRecords } from '../platform.ts'
import type { Resource } from '../platform.ts'
import type { Kind } from '@postrider/resources/kinds'
import { manifest } from '../../support/manifest.ts'

/** A second tenant, who tries to be the first. */
const BLOG = 'blog'
const made = (kind: Kind, name: string, spec: object) => manifest(kind, name, spec, BLOG)

export const twoTenants: Run = async ({ images, remote }, log) => {
  await apply([
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: BLOG, labels: { 'postrider.dev/tenant': 'true' } } },
    made('Domain', 'own', { domainName: 'example.net' }),
    made('SMTPCredential', 'writer', { address: 'writer@example.net', domainRef: { name: 'own' } }),
  ])
  await remote.publish((await wantedRecords(BLOG, 'own')).filter(({ type }) => type === 'TXT'))
  await waitFor('domain', 'own', BLOG)
  await waitFor('smtpcredential', 'writer', BLOG)

  // One domain: the first who proved it has it keeps it.
  await apply([made('Domain', 'theirs', { domainName: 'example.org' })])
  const claimed = await refusal('domain', 'theirs', /^NameTaken: /)
  log(`claims the other's domain: ${claimed}`)
  assert.equal(conditionOf(await get<Resource>('domain', 'example', '-n', SHOP), 'Ready')?.status, 'True')
  const text = JSON.stringify(await get<Resource>('domain', 'theirs', '-n', BLOG))
  assert.doesNotMatch(text, new RegExp(`\\b${SHOP}\\b`), 'the loser learns who has it')

  // The other's Domain and Secret by reference: there is no field for it, and the name alone means one's own.
  const reference = made('SMTPCredential', 'thief', {
    address: 'app@example.org',
    domainRef: { name: 'example', namespace: SHOP },
  })
  await assert.rejects(apply([reference]), (error: Error) => {
    log(`refers to the other's Domain: ${error.message.trim().split('\n').at(-1) ?? ''}`)
    return /unknown field "spec\.domainRef\.namespace"/.test(error.message)
  })
  await apply([made('SMTPCredential', 'thief', { address: 'app@example.org', domainRef: { name: 'example' } })])
  log(
    `refers to the other's Domain by its name: ${await refusal('smtpcredential', 'thief', /does not exist in namespace|no Domain with that name/)}`,
  )
  await apply([
    made('SMTPCredential', 'reader', {
      address: 'reader@example.net',
      domainRef: { name: 'own' },
      secretName: 'app-smtp',
    }),
  ])
  await waitFor('smtpcredential', 'reader', BLOG)
  const password = async (namespace: string): Promise<string | undefined> =>
    (await get<{ data: Record<string, string> }>('secret', 'app-smtp', '-n', namespace)).data['password']
  assert.notEqual(await password(BLOG), await password(SHOP))
  log("names the other's Secret: has one of its own of that name, with a password of its own")
  const asTenant = `--as=system:serviceaccount:${BLOG}:default`
  for (const [verb, resource] of [
    ['get', 'secrets'],
    ['list', 'domains.postrider.dev'],
    ['get', 'smtpcredentials.postrider.dev'],
  ] as const)
    await assert.rejects(kubectl('auth', 'can-i', verb, resource, '-n', SHOP, asTenant), `may ${verb} ${resource}`)

  // Sends as the other.
  const writer = await get<{ data: Record<string, string> }>('secret', 'writer-smtp', '-n', BLOG)
  await apply([{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'of-blog', namespace: SHOP }, data: writer.data }])
  await startClient(images, ['app-smtp', 'of-blog'])
  for (const [secret, from, own] of [
    ['of-blog', 'app@example.org', 'writer@example.net'],
    ['app-smtp', 'writer@example.net', 'app@example.org'],
  ] as const) {
    const mail = mailTo('someone@take.test', 'as another')
    const refused = await send({ secret, mail: { ...mail, from } })
    assert.equal(refused.responseCode, 553, refused.error ?? refused.response)
    log(`${own} sends as ${from}: ${refused.error ?? ''}`)
    const taken = await send({ secret, mail: { ...mail, from: own } })
    assert.equal(taken.ok, true, taken.error)
  }
  await startClient(images, ['app-smtp'])
  await kubectl('delete', 'secret', 'of-blog', '-n', SHOP)
  await kubectl('delete', 'namespace', BLOG, '--timeout=60s')
}

/** Why it is not Ready, once that is what is said. */
const refusal = (kind: string, name: string, reason: RegExp): Promise<string> =>
  eventually(async () => {
    const resource = await get<Resource>(kind, name, '-n', BLOG)
    const condition = conditionOf(resource, 'Ready')
    assert.equal(condition?.status, 'False', JSON.stringify(resource.status))
    const words = `${condition.reason}: ${condition.message}`
    assert.match(words, reason)
    return words
  }, 30_000)
