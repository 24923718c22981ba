import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { verifyPassword } from '@postrider/authentication/hash'
import { KINDS } from '@postrider/kubernetes/object/kinds'
import { refTo } from '@postrider/kubernetes/object/object'
import type { KubeObject } from '@postrider/kubernetes/object/object'
import { apiServerMissing } from '../support/api-server.ts'
import { eventually } from '../support/eventually.ts'
import { helmMissing } from '../support/helm.ts'
import { conditionOf, startOperatorWorld, SYSTEM } from '../support/operator.ts'
import type { OperatorProcess, OperatorWorld, Resource } from '../support/operator.ts'
import { secret } from '@postrider/operator/shapes/secret'
import { makeLocalCertificate } from '@postrider/tls/local-certificate'
import { publishedConfig } from '../support/published.ts'
import { startUnbound, unboundMissing } from '../support/unbound.ts'
import type { Unbound } from '../support/unbound.ts'

const skip = apiServerMissing({ controllerManager: true }) || helmMissing() || unboundMissing()
const SOON_MS = 20_000
/** What the issue promises for drift. */
const DRIFT_MS = 10_000

describe('the operator on a real API server', { skip }, () => {
  let world: OperatorWorld & { operator: OperatorProcess }
  let dns: Unbound

  before(async () => {
    dns = await startUnbound({ records: ['mail.platform.test. A 127.0.0.1'] })
    world = await startOperatorWorld()
    for (const name of ['shop', 'bank']) await world.namespace(name, { tenant: 'yes' })
    await world.namespace('stranger')
    await world.put('MailPlatform', SYSTEM, 'mail', {
      hostName: 'mail.platform.test',
      tenants: { namespaces: { from: 'Selector', selector: { matchLabels: { tenant: 'yes' } } } },
      dns: { resolvers: [dns.address] },
      verification: { recheck: '1s' },
    })
  })
  after(async () => {
    await world.stop()
    await dns.stop()
  })

  const published = () => publishedConfig(world)
  const domain = (namespace: string) => world.get('Domain', namespace, 'site')
  const recordOf = (resource: Resource | undefined, purpose: string): { name: string; value: string } => {
    const records = (resource?.status?.['dnsRecords'] ?? []) as { purpose: string; name: string; value: string }[]
    const found = records.find((record) => record.purpose === purpose)
    assert.ok(found !== undefined, `no ${purpose} record yet`)
    return found
  }
  const publishRecord = ({ name, value }: { name: string; value: string }) => dns.add(`${name}. 1 TXT "${value}"`)

  test('makes what a MailPlatform needs, with no rights and no token', async () => {
    await eventually(async () => {
      for (const name of ['mail-ingress', 'mail-delivery', 'mail-notifier', 'mail-api']) {
        const found = (await world.get('Deployment', SYSTEM, name)) as {
          spec?: { template?: { spec?: Record<string, unknown> } }
        }
        assert.equal(found.spec?.template?.spec?.['automountServiceAccountToken'], false, name)
      }
      for (const name of ['mail-platform-key', 'mail-tls-local', 'mail-broker-ingress'])
        assert.ok(await world.secret(SYSTEM, name), name)
      assert.ok(await world.get('Service', SYSTEM, 'mail-ingress'))
      assert.ok(await world.get('PodDisruptionBudget', SYSTEM, 'mail-ingress'))
      const platform = await world.get('MailPlatform', SYSTEM, 'mail')
      assert.equal(conditionOf(platform, 'BrokerReady'), 'True Connected')
      assert.equal(conditionOf(platform, 'ConfigPublished'), 'True Published')
    }, SOON_MS)
  })

  test('a Domain sends when its ownership is in the DNS, a credential logs in with what its Secret says', async () => {
    await world.put('SMTPLimit', 'shop', 'few', { messagesPerDay: 10 })
    await world.put('Domain', 'shop', 'site', { domainName: 'shop.test', limitRef: { name: 'few' } })
    await world.put('SMTPCredential', 'shop', 'app', { address: 'app@shop.test', domainRef: { name: 'site' } })
    const secret = await eventually(async () => {
      const found = await world.secret('shop', 'app-smtp')
      assert.ok(found)
      return found
    }, SOON_MS)
    assert.equal(secret['host'], `mail-ingress.${SYSTEM}.svc`)
    assert.deepEqual(
      [secret['portImplicitTLS'], secret['portSTARTTLS'], secret['username']],
      ['465', '587', 'app@shop.test'],
    )
    await eventually(async () => {
      const config = await published()
      const [hash] = config.credentials.get('app@shop.test')?.passwordHashes ?? []
      assert.ok(hash !== undefined && (await verifyPassword(secret['password'] ?? '', hash)))
      assert.equal(config.domains.get('shop.test')?.suspended, true)
      assert.equal(config.domains.get('shop.test')?.limit?.messagesPerDay, 10)
      assert.equal(config.domains.get('shop.test')?.dkim.length, 2)
      assert.equal(conditionOf(await domain('shop'), 'Ready'), 'False NotVerified')
    }, SOON_MS)
    await publishRecord(recordOf(await domain('shop'), 'Ownership'))
    await eventually(async () => {
      assert.equal(conditionOf(await domain('shop'), 'Ready'), 'True Ready')
      assert.equal(conditionOf(await world.get('SMTPCredential', 'shop', 'app'), 'Ready'), 'True Ready')
      assert.equal((await published()).domains.get('shop.test')?.suspended, false)
    }, SOON_MS)
  })

  test('two tenants who want one domain: who proves it has it, and the other learns why not', async () => {
    await world.put('Domain', 'bank', 'site', { domainName: 'shop.test' })
    await world.put('SMTPCredential', 'bank', 'evil', { address: 'evil@shop.test', domainRef: { name: 'site' } })
    await eventually(async () => {
      assert.equal(conditionOf(await domain('bank'), 'Accepted'), 'False NameTaken')
      assert.match(conditionOf(await world.get('SMTPCredential', 'bank', 'evil'), 'Ready'), /^False /)
    }, SOON_MS)
    assert.doesNotMatch(JSON.stringify((await domain('bank'))?.status), /shop\/|"shop"/)
    assert.equal((await published()).credentials.has('evil@shop.test'), false)
    await world.remove('SMTPCredential', 'bank', 'evil')
    await world.remove('Domain', 'bank', 'site')
  })

  test('no tenant can allow itself the senders of another, and a namespace that is not served is reported', async () => {
    await world.put('Domain', 'bank', 'own', {
      domainName: 'bank.test',
      allowedSenders: ['*@bank.test', '*@shop.test'],
    })
    await world.put('Domain', 'stranger', 'site', { domainName: 'stranger.test' })
    await eventually(async () => {
      assert.equal(conditionOf(await world.get('Domain', 'bank', 'own'), 'Accepted'), 'True SendersNotAllowed')
      assert.equal(conditionOf(await world.get('Domain', 'stranger', 'site'), 'Accepted'), 'False NamespaceNotAllowed')
      const { domains } = await published()
      assert.deepEqual(domains.get('bank.test')?.allowedSenders, ['*@bank.test'])
      assert.equal(domains.has('stranger.test'), false)
    }, SOON_MS)
  })

  test('a rotation gives a new password beside the old one; a deleted credential is gone', async () => {
    const before = await world.secret('shop', 'app-smtp')
    const wish = {
      address: 'app@shop.test',
      domainRef: { name: 'site' },
      rotation: { request: 'today', overlap: '1h' },
    }
    await world.put('SMTPCredential', 'shop', 'app', wish)
    await eventually(async () => {
      const now = await world.secret('shop', 'app-smtp')
      assert.notEqual(now?.['password'], before?.['password'])
      const hashes = (await published()).credentials.get('app@shop.test')?.passwordHashes ?? []
      const fits = (password: string | undefined) =>
        Promise.all(hashes.map((hash) => verifyPassword(password ?? '', hash)))
      assert.deepEqual(await fits(now?.['password']), [true, false])
      assert.deepEqual(await fits(before?.['password']), [false, true])
    }, SOON_MS)
    await world.put('SMTPCredential', 'shop', 'gone', { address: 'gone@shop.test', domainRef: { name: 'site' } })
    await eventually(async () => assert.ok((await published()).credentials.has('gone@shop.test')), SOON_MS)
    await world.remove('SMTPCredential', 'shop', 'gone')
    await eventually(async () => assert.ok(!(await published()).credentials.has('gone@shop.test')), 5000)
  })

  test('what somebody deletes or edits is back within ten seconds, as it was, with an Event', async () => {
    const owned = [
      ['Deployment', 'mail-ingress', { spec: { replicas: 7 } }],
      ['Deployment', 'mail-delivery', { spec: { template: { spec: { automountServiceAccountToken: true } } } }],
      ['Deployment', 'mail-notifier', { spec: { replicas: 0 } }],
      ['Service', 'mail-ingress', { spec: { ports: [{ port: 2525, protocol: 'TCP' }] } }],
      ['PodDisruptionBudget', 'mail-ingress', { spec: { maxUnavailable: 2 } }],
      ['PodDisruptionBudget', 'mail-delivery', { spec: { maxUnavailable: 2 } }],
      ['Secret', 'mail-platform-key', { data: { key: Buffer.alloc(32).toString('base64') } }],
      ['Secret', 'mail-tls-local', { data: { 'tls.crt': '' } }],
      ['Secret', 'mail-broker-ingress', { data: { password: '' } }],
      ['Secret', 'postrider-broker-accounts', { data: { admin: '' } }],
    ] as const
    for (const [kind, name, edit] of owned) {
      const ref = refTo(KINDS[kind], SYSTEM, name)
      const before = comparable(await world.cluster.get(ref))
      await world.cluster.merge(ref, edit)
      await eventually(
        async () => assert.deepEqual(comparable(await world.cluster.get(ref)), before, `${name} edited`),
        DRIFT_MS,
      )
      await world.cluster.remove(ref)
      await eventually(
        async () => assert.deepEqual(comparable(await world.cluster.get(ref)), before, `${name} deleted`),
        DRIFT_MS,
      )
    }
    const secret = refTo(KINDS.Secret, 'shop', 'app-smtp')
    const before = comparable(await world.cluster.get(secret))
    await world.cluster.remove(secret)
    await eventually(async () => assert.deepEqual(comparable(await world.cluster.get(secret)), before), DRIFT_MS)
    await eventually(async () => {
      const events = await world.cluster.list<KubeObject & { reason?: string }>(KINDS.Event)
      assert.ok(events.some(({ reason }) => reason === 'DriftCorrected'))
    }, SOON_MS)
  })

  test('when the leader is killed another one leads within 20 s; one that ends in order hands over at once', async () => {
    const second = await world.startOperator('operator-1')
    await eventually(
      async () =>
        assert.match(await (await fetch(`${second.telemetry}/metrics`)).text(), /postrider_operator_leader 0/),
      SOON_MS,
    )
    await world.operator.end('SIGKILL')
    await world.put('SMTPCredential', 'shop', 'later', { address: 'later@shop.test', domainRef: { name: 'site' } })
    await eventually(async () => assert.ok(await world.secret('shop', 'later-smtp')), SOON_MS)
    const third = await world.startOperator('operator-2')
    await eventually(async () => assert.equal((await fetch(`${third.telemetry}/readyz`)).status, 200), SOON_MS)
    await second.end()
    await world.put('SMTPCredential', 'shop', 'last', { address: 'last@shop.test', domainRef: { name: 'site' } })
    await eventually(async () => assert.ok(await world.secret('shop', 'last-smtp')), DRIFT_MS)
    // The passwords of before are those of now.
    const { password = '' } = (await world.secret('shop', 'app-smtp')) ?? {}
    await eventually(async () => {
      const [hash = ''] = (await published()).credentials.get('app@shop.test')?.passwordHashes ?? []
      assert.ok(await verifyPassword(password, hash))
    }, SOON_MS)
  })

  test('a certificate for a further name is reported while it is missing, and mounted without pods waiting for it', async () => {
    const mail = refTo(KINDS.MailPlatform, SYSTEM, 'mail')
    const is = (state: string, message: RegExp): Promise<void> =>
      eventually(async () => {
        const platform = await world.get('MailPlatform', SYSTEM, 'mail')
        assert.equal(conditionOf(platform, 'CertificateReady'), state)
        assert.match(JSON.stringify(platform?.status), message)
      }, SOON_MS)
    await world.cluster.merge(mail, { spec: { ingress: { tls: { further: [{ secretName: 'names-tls' }] } } } })
    await is('False Missing', /Secret names-tls has no tls\.crt/)
    for (const name of ['mail-ingress', 'mail-api']) {
      const found = JSON.stringify(await world.cluster.get(refTo(KINDS.Deployment, SYSTEM, name)))
      assert.match(found, /"secretName":"names-tls"[^}]*"optional":true/, name)
      assert.match(found, /POSTRIDER_TLS_FURTHER.*tls-further\/0\/tls\.crt/, name)
    }
    const { cert, key } = await makeLocalCertificate(['mail.names.test'])
    const data = { 'tls.crt': cert, 'tls.key': key }
    const type = 'kubernetes.io/tls'
    await world.cluster.apply(secret({ namespace: SYSTEM, name: 'names-tls', labels: {}, type, data }))
    // A change of the platform has it look again at once.
    await world.cluster.merge(mail, { spec: { ingress: { messageSize: '24Mi' } } })
    await is('True Valid', /valid until/)
    await world.cluster.merge(mail, { spec: { ingress: { tls: null } } })
  })

  test('a Domain wants the records by which mail clients find their servers, and sends without them', async () => {
    const mail = refTo(KINDS.MailPlatform, SYSTEM, 'mail')
    const reached = { ingress: { clientHost: 'smtp.platform.test' }, api: { publicHost: 'setup.platform.test' } }
    await world.cluster.merge(mail, { spec: reached })
    const incoming = { imap: { host: 'imap.shop.test' } }
    await world.cluster.merge(refTo(KINDS.Domain, 'shop', 'site'), { spec: { incoming } })
    await eventually(async () => {
      const found = await domain('shop')
      const records = (found?.status?.['dnsRecords'] ?? []) as { purpose: string; type: string; value: string }[]
      const setup = records.filter(({ purpose }) => purpose === 'ClientSetup')
      assert.deepEqual(
        setup.map(({ type, value }) => `${type} ${value}`),
        [
          'SRV 0 1 465 smtp.platform.test.',
          'SRV 0 1 587 smtp.platform.test.',
          'SRV 0 1 993 imap.shop.test.',
          'CNAME setup.platform.test.',
          'CNAME setup.platform.test.',
          'SRV 0 1 443 setup.platform.test.',
        ],
      )
      assert.equal(conditionOf(found, 'Ready'), 'True Ready')
    }, SOON_MS)
    await world.cluster.merge(mail, { spec: { ingress: { clientHost: null }, api: { publicHost: null } } })
  })

  test('an API server that was away is followed again without a restart', async () => {
    await world.server.restart(5000)
    await world.put('SMTPCredential', 'shop', 'after', { address: 'after@shop.test', domainRef: { name: 'site' } })
    await eventually(async () => assert.ok(await world.secret('shop', 'after-smtp')), 2 * SOON_MS)
  })

  test('a broker that is away is reported, with nothing to publish', async () => {
    const is = (state: string): Promise<void> =>
      eventually(async () => {
        const platform = await world.get('MailPlatform', SYSTEM, 'mail')
        assert.equal(conditionOf(platform, 'BrokerReady'), state)
      }, SOON_MS)
    await is('True Connected')
    const back = world.broker.restart(4000)
    await is('False Unreachable')
    await back
    await is('True Connected')
  })
})

/** Without what every write changes. */
function comparable(object: KubeObject | undefined): unknown {
  assert.ok(object !== undefined, 'it is not there')
  const { metadata, ...rest } = object as KubeObject & { status?: unknown; spec?: Record<string, unknown> }
  delete rest.status
  const spec = rest.spec === undefined ? {} : { spec: { ...rest.spec, clusterIP: undefined, clusterIPs: undefined } }
  return JSON.parse(JSON.stringify({ ...rest, ...spec, labels: metadata?.labels })) as unknown
}
