import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Envelope } from '@postrider/mail/envelope'
import { mailStream } from '@postrider/broker/names'
import { readStream } from '@postrider/broker/read-stream'
import { decodeRecord } from '@postrider/queue/record'
import { KINDS } from '@postrider/kubernetes/object/kinds'
import { refTo } from '@postrider/kubernetes/object/object'
import type { KubeObject } from '@postrider/kubernetes/object/object'
import { eventually } from '../support/eventually.ts'
import { conditionOf } from '../support/operator.ts'
import { openAsAdmin } from '../support/published.ts'
import { SOON_MS, startTenants, tenantsMissing } from './tenancy-world.ts'
import type { Tenants } from './tenancy-world.ts'

const BOSS = 'boss@gmail.test'

/** The whole way of a SenderAddress, and what tenants may try with it. */
describe('SenderAddress in Kubernetes', { skip: tenantsMissing() }, () => {
  let tenants: Tenants

  before(async () => {
    tenants = await startTenants()
    const { world } = tenants
    for (const namespace of ['shop', 'evil'])
      await world.put('SMTPCredential', namespace, 'app', {
        address: `app@${namespace}.test`,
        domainRef: { name: 'site' },
      })
  })
  after(() => tenants.stop())

  /** Mails with a code in the queue, oldest first. */
  async function codeMails(to: string): Promise<{ envelope: Envelope; content: string; code: string }[]> {
    const broker = await openAsAdmin(tenants.world)
    try {
      const stream = mailStream(0)
      const { state } = await broker.jsm.streams.info(stream)
      const mails = []
      if (state.messages > 0)
        for await (const { headers, data } of readStream(broker, stream, { seq: 1 }, state.last_seq)) {
          const { envelope } = decodeRecord(headers, data)
          const content = Buffer.from(data).toString()
          const code = /^ {4}([2-9a-z]{5}-[2-9a-z]{5})\r$/m.exec(content)?.[1] ?? ''
          if (envelope.recipients[0]?.address === to) mails.push({ envelope, content, code })
        }
      return mails
    } finally {
      await broker.close()
    }
  }
  const put = (namespace: string, name: string, spec: Record<string, unknown>): Promise<void> =>
    tenants.world.put('SenderAddress', namespace, name, { domainRef: { name: 'site' }, ...spec })
  const becomes = (namespace: string, name: string, type: string, wanted: string): Promise<void> =>
    eventually(async () => {
      const found = await tenants.world.get('SenderAddress', namespace, name)
      assert.equal(conditionOf(found, type), wanted, JSON.stringify(found?.status))
    }, SOON_MS)
  const senders = async (domain: string): Promise<string[] | undefined> =>
    (await tenants.published()).domains.get(domain)?.allowedSenders
  const allowed = (domain: string, wanted: string[]): Promise<void> =>
    eventually(async () => assert.deepEqual(await senders(domain), wanted), SOON_MS)
  const codeFor = (to: string, count = 1): Promise<string> =>
    eventually(async () => {
      const mails = await codeMails(to)
      assert.equal(mails.length, count)
      return mails.at(-1)?.code ?? ''
    }, SOON_MS)
  async function events(namespace: string, name: string): Promise<string[]> {
    type Event = KubeObject & { regarding?: { kind?: string; name?: string }; reason?: string }
    const { items } = await tenants.world.cluster.request<{ items: Event[] }>(
      'GET',
      `/apis/events.k8s.io/v1/namespaces/${namespace}/events`,
    )
    return items
      .filter(({ regarding }) => regarding?.kind === 'SenderAddress' && regarding.name === name)
      .map(({ reason }) => reason ?? '')
  }

  test('a code is mailed, and once it is given back the Domain may send as the address', async () => {
    await put('shop', 'boss', { address: BOSS })
    await becomes('shop', 'boss', 'Verified', 'False CodeSent')
    const code = await codeFor(BOSS)
    const [mail] = await codeMails(BOSS)
    assert.equal(mail?.envelope.from, '')
    assert.equal(mail.envelope.domain, 'mail.platform.test')
    assert.match(mail.content, /^ {4}shop\.test\r$/m)
    const { status } = (await tenants.world.get('SenderAddress', 'shop', 'boss')) ?? {}
    assert.equal(status?.['codeMessageID'], mail.envelope.id)
    const [sentAt, end] = [status['codeSentAt'], status['codeExpiresAt']].map((time) => Date.parse(time as string))
    assert.ok(Math.abs((end ?? 0) - (sentAt ?? 0) - 24 * 3_600_000) < 60_000)
    assert.ok(!JSON.stringify(status).includes(code))
    assert.deepEqual(await senders('shop.test'), [])

    await put('shop', 'boss', { address: BOSS, code: 'abcde-fghjk' })
    await becomes('shop', 'boss', 'Verified', 'False WrongCode')
    assert.equal((await tenants.world.get('SenderAddress', 'shop', 'boss'))?.status?.['attempts'], 1)
    await becomes('shop', 'boss', 'Ready', 'False NotVerified')
    await put('shop', 'boss', { address: BOSS, code: ` ${code.toUpperCase()}` })
    await becomes('shop', 'boss', 'Ready', 'True Ready')
    await becomes('shop', 'boss', 'Verified', 'True Verified')
    await allowed('shop.test', [BOSS])
    assert.deepEqual(await senders('evil.test'), [])
    await eventually(async () => {
      assert.deepEqual((await events('shop', 'boss')).sort(), ['CodeSent', 'Verified', 'WrongCode'])
    }, SOON_MS)
  })

  test('another tenant does not profit: neither by the address, nor by the code, nor by the status', async () => {
    const { world } = tenants
    const [first] = await codeMails(BOSS)
    await put('evil', 'boss', { address: BOSS, code: first?.code })
    await becomes('evil', 'boss', 'Verified', 'False WrongCode')
    const { status } = (await world.get('SenderAddress', 'shop', 'boss')) ?? {}
    // Whoever is admin of a namespace by `*` may write a status there.
    const { proof, verifiedAt, claim, conditions } = status ?? {}
    for (const forged of [{ proof, verifiedAt, conditions }, { proof, verifiedAt, claim, conditions }, { attempts: 0 }])
      await world.cluster.request('PATCH', '/apis/postrider.dev/v1alpha1/namespaces/evil/senderaddresses/boss/status', {
        body: { status: forged },
        contentType: 'application/merge-patch+json',
      })
    await put('evil', 'later', { address: 'later@gmail.test' })
    await becomes('evil', 'later', 'Verified', 'False CodeSent')
    assert.deepEqual(await senders('evil.test'), [])
    await becomes('evil', 'boss', 'Verified', 'False WrongCode')
  })

  test("an address of a domain that another tenant has proved can't be had, and nobody there is mailed", async () => {
    for (const [name, address] of [
      ['direct', 'info@shop.test'],
      ['below', 'info@news.SHOP.test'],
    ] as const) {
      await put('evil', name, { address })
      await becomes('evil', name, 'Ready', 'False SendersNotAllowed')
      assert.deepEqual(await codeMails(address.toLowerCase()), [])
    }
    await eventually(async () => assert.deepEqual(await events('evil', 'direct'), ['SendersNotAllowed']), SOON_MS)
    // Nor by one that was looked at before, with another address.
    await put('evil', 'later', { address: 'sales@shop.test' })
    await becomes('evil', 'later', 'Ready', 'False SendersNotAllowed')
    assert.deepEqual(await codeMails('sales@shop.test'), [])
  })

  test('no code is mailed in the name of an unverified domain', async () => {
    const { world } = tenants
    await world.put('Domain', 'evil', 'bank', { domainName: 'bank.test' })
    await put('evil', 'bank', { address: 'victim@gmail.test', domainRef: { name: 'bank' } })
    await becomes('evil', 'bank', 'Ready', 'False DomainNotReady')
    await put('evil', 'others', { address: 'victim@gmail.test', domainRef: { name: 'nowhere' } })
    await becomes('evil', 'others', 'Ready', 'False Invalid')
    assert.deepEqual(await codeMails('victim@gmail.test'), [])
    await tenants.prove('evil', 'bank')
    assert.match((await codeFor('victim@gmail.test')) || 'none', /-/)
  })

  test('a mailbox gets three mails a day, whichever tenants ask', async () => {
    // Two were sent above: to shop and to evil.
    assert.equal((await codeMails(BOSS)).length, 2)
    await put('evil', 'boss', { address: BOSS, resend: '1' })
    await codeFor(BOSS, 3)
    await put('evil', 'boss', { address: BOSS, resend: '2' })
    await becomes('evil', 'boss', 'Verified', 'False TooManyCodes')
    await put('shop', 'chief', { address: 'Boss+chief@Gmail.test' })
    await becomes('shop', 'chief', 'Verified', 'False TooManyCodes')
    assert.equal((await codeMails(BOSS)).length, 3)
    assert.deepEqual(await codeMails('Boss+chief@gmail.test'), [])
    // The one that is verified stays so.
    await put('shop', 'boss', { address: BOSS, resend: 'more' })
    await becomes('shop', 'boss', 'Verified', 'True Verified')
  })

  test('an operator that is killed goes on as the one before, and mails nothing again', async () => {
    const { world } = tenants
    await world.operator.end('SIGKILL')
    const next = await world.startOperator('operator-1')
    await put('shop', 'second', { address: 'second@gmail.test', credentialRefs: [{ name: 'app' }] })
    const code = await codeFor('second@gmail.test').catch((error: unknown) => {
      throw new Error(next.output().slice(-2000), { cause: error })
    })
    assert.equal((await codeMails(BOSS)).length, 3)
    assert.deepEqual(await senders('shop.test'), [BOSS])
    await put('shop', 'second', { address: 'second@gmail.test', credentialRefs: [{ name: 'app' }], code })
    await becomes('shop', 'second', 'Ready', 'True Ready')
    await eventually(async () => {
      const { credentials } = await tenants.published()
      assert.deepEqual(credentials.get('app@shop.test')?.allowedSenders, ['second@gmail.test'])
    }, SOON_MS)
    assert.deepEqual(await senders('shop.test'), [BOSS])
  })

  test('the owner of the domain who comes later takes it back; the platform can say no to all', async () => {
    const { world } = tenants
    await world.namespace('gmail')
    await world.put('Domain', 'gmail', 'site', { domainName: 'gmail.test' })
    await tenants.prove('gmail', 'site')
    await becomes('shop', 'boss', 'Ready', 'False SendersNotAllowed')
    await allowed('shop.test', [])
    await world.remove('Domain', 'gmail', 'site')
    await becomes('shop', 'boss', 'Ready', 'True Ready')
    await allowed('shop.test', [BOSS])

    const platform = await world.get('MailPlatform', 'postrider-system', 'mail')
    const verification = { recheck: '1s', senderAddresses: 'Never' }
    await world.put('MailPlatform', 'postrider-system', 'mail', { ...platform?.spec, verification })
    await becomes('shop', 'boss', 'Ready', 'False SendersNotAllowed')
    await allowed('shop.test', [])
    await world.put('MailPlatform', 'postrider-system', 'mail', { ...platform?.spec, verification: { recheck: '1s' } })
    await allowed('shop.test', [BOSS])
  })

  test('another address starts again; one that is deleted is gone, and comes back as a new one', async () => {
    const { world } = tenants
    const { status, metadata } = (await world.get('SenderAddress', 'shop', 'boss')) ?? {}
    await world.remove('SenderAddress', 'shop', 'boss')
    await allowed('shop.test', [])
    await put('shop', 'boss', { address: BOSS })
    await becomes('shop', 'boss', 'Verified', 'False TooManyCodes')
    // With the status that it had.
    await world.cluster.request('PATCH', '/apis/postrider.dev/v1alpha1/namespaces/shop/senderaddresses/boss/status', {
      body: { status },
      contentType: 'application/merge-patch+json',
    })
    const now = await world.cluster.get(refTo(KINDS.SenderAddress, 'shop', 'boss'))
    assert.notEqual(now?.metadata?.uid, metadata?.uid)
    await becomes('shop', 'boss', 'Verified', 'False TooManyCodes')
    await put('shop', 'boss', { address: 'third@gmail.test' })
    await becomes('shop', 'boss', 'Verified', 'False CodeSent')
    assert.deepEqual(await senders('shop.test'), [])
  })
})
