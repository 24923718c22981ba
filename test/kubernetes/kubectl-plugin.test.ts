import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { apiServerMissing } from '../support/api-server.ts'
import { eventually } from '../support/eventually.ts'
import { helmMissing } from '../support/helm.ts'
import { SYSTEM } from '../support/operator.ts'
import { unboundMissing } from '../support/unbound.ts'
import { kubectlMissing } from './kubectl-plugin-person.ts'
import type { Said } from './kubectl-plugin-person.ts'
import { tellPodsReady } from './kubectl-plugin-pods.ts'
import { SOON_MS, startPluginWorld } from './kubectl-plugin-world.ts'
import type { PluginWorld } from './kubectl-plugin-world.ts'
import { manifest } from '../support/manifest.ts'

const skip = apiServerMissing({ controllerManager: true }) || helmMissing() || unboundMissing() || kubectlMissing()

interface Told {
  severity: string
  kind: string
  namespace: string
  name: string
  type: string
  reason: string
  remedy: string
  waiting: string[]
}

interface StatusAnswer {
  ok: boolean
  platforms?: { namespace: string; name: string; hostName: string; ready: boolean }[]
  domains: { all: number; ready: number }
  credentials: { all: number; ready: number }
  problems: Told[]
}

describe('kubectl postrider in a cluster with a platform', { skip }, () => {
  let world: PluginWorld
  const as = (who: 'admin' | 'tenant' | 'nobody', ...args: string[]): Promise<Said> =>
    world.person.postrider(world[who], ...args)
  const statusOf = async (who: 'admin' | 'tenant', ...args: string[]): Promise<StatusAnswer & { code: number }> => {
    const { code, out, err } = await as(who, 'status', '--json', ...args)
    assert.equal(err, '')
    return { ...(JSON.parse(out) as StatusAnswer), code }
  }
  const told = ({ problems }: StatusAnswer): string[] =>
    problems.map(({ severity, kind, namespace, name, type, reason }) =>
      [severity, kind, `${namespace}/${name}`, type, reason].join(' '),
    )
  const spec = async (kind: 'Domain' | 'SMTPCredential', name: string) => (await world.get(kind, 'shop', name))?.spec

  before(async () => {
    world = await startPluginWorld()
    await tellPodsReady(world, 'operator', true)
    await world.newTenant()
  })
  after(() => world.closeAll())

  test('status says what a new Domain lacks and who waits for it, with exit code 1', async () => {
    await eventually(async () => {
      const status = await statusOf('admin', '-n', 'shop')
      assert.deepEqual(status.platforms, [
        { namespace: SYSTEM, name: 'mail', hostName: 'mail.platform.test', ready: true },
      ])
      assert.deepEqual(told(status), [
        'problem Domain shop/site OwnershipVerified NotVerified',
        'problem Domain shop/site DNSVerified RecordMissing',
      ])
      assert.deepEqual(
        status.problems.map(({ waiting }) => waiting),
        [['app'], []],
      )
      assert.match(status.problems[0]?.remedy ?? '', /kubectl postrider dns site -n shop --zone/)
      assert.deepEqual([status.code, status.ok], [1, false])
    }, SOON_MS)
  })

  test('dns shows each record, by the name of the resource and of the domain; --zone is a zone file', async () => {
    const byName = await as('tenant', 'dns', 'site', '-n', 'shop')
    assert.deepEqual(await as('tenant', 'dns', 'shop.test', '-n', 'shop'), byName)
    assert.equal(byName.code, 0)
    for (const purpose of ['Ownership', 'SPF', 'DKIM, key Signing', 'DMARC', 'ReturnPath, not required'])
      assert.ok(byName.out.includes(`(${purpose})`), purpose)
    const { out } = await as('tenant', 'dns', 'site', '-n', 'shop', '--zone')
    const records = out.split('\n').filter((line) => !/^(;|$)/.test(line))
    assert.equal(records.length, 5)
    // What a person pastes is found there by the operator, the long key in its two strings as well.
    await world.dns.add(...records.map((line) => line.replace(' 3600 IN TXT ', ' 1 TXT ')))
    await eventually(async () => {
      const { out: seen } = await as('tenant', 'dns', 'site', '-n', 'shop', '-o', 'json')
      const { records: compared } = JSON.parse(seen) as { records: { purpose: string; state: string }[] }
      assert.deepEqual(
        compared.filter(({ state }) => state !== 'Found').map(({ purpose }) => purpose),
        ['ReturnPath'],
      )
    }, SOON_MS)
  })

  test('status of a platform where all is well has exit code 0, for a tenant too, who may not see the platform', async () => {
    await eventually(async () => {
      const status = await statusOf('admin', '-A')
      assert.deepEqual(told(status), [])
      assert.deepEqual([status.code, status.ok], [0, true])
      assert.deepEqual([status.domains, status.credentials], [ONE, ONE])
      const own = await statusOf('tenant', '-n', 'shop')
      assert.deepEqual([own.code, own.platforms, own.domains], [0, undefined, ONE])
    }, SOON_MS)
  })

  test('a user without rights learns what to ask for, and a tenant without -n and with -A as well', async () => {
    for (const args of [['status'], ['dns', 'site'], ['credentials'], ['suspend', 'domain/site']]) {
      const { code, out, err } = await as('nobody', ...args)
      assert.deepEqual([code, out], [2, ''], args.join(' '))
      assert.match(err, /forbidden.*system:serviceaccount:shop:nobody.*\n {2}-> choose one of your namespaces with -n/)
    }
    assert.match((await as('tenant', 'status', '-A')).err, /-> leave out -A/)
    const queue = await as('tenant', 'queue', 'ls', '-n', SYSTEM)
    assert.equal(queue.code, 2)
    assert.match(
      queue.err,
      /the queue commands are for the administrator of the platform.*Secret postrider-system\/postrider-broker-accounts/,
    )
  })

  test('a name that is nearly right is told, and where there is one of that name', async () => {
    const mistaken: [string[], RegExp][] = [
      [['dns', 'shp.test', '-n', 'shop'], /no Domain shp\.test in namespace shop; did you mean shop\.test\?/],
      [['dns', 'shop.test'], /no Domain shop\.test in namespace default; there is one with -n shop/],
      [['dns', 'other', '-n', 'shop'], /no Domain other in namespace shop; choose from: site/],
      [['suspend', 'domain/sit', '-n', 'shop'], /did you mean site\?/],
      [['credentials', 'ap', '-n', 'shop'], /no SMTPCredential ap in namespace shop; did you mean app\?/],
    ]
    for (const [args, expected] of mistaken) {
      const { code, out, err } = await as('admin', ...args)
      assert.deepEqual([code, out], [1, ''], args.join(' '))
      assert.match(err, expected)
    }
    const { out } = await as('admin', 'status', '-n', 'shpo')
    assert.match(out, /namespace shpo: no Domains/)
  })

  test('credentials lists the logins; one is shown with what a client needs, its password when asked for', async () => {
    const list = await as('tenant', 'credentials', '-n', 'shop')
    assert.match(list.out, /^NAME +ADDRESS +READY .*\napp +app@shop\.test +yes +- +app-smtp\n$/)
    const secret = await world.secret('shop', 'app-smtp')
    const shown = await as('tenant', 'credentials', 'app@shop.test', '-n', 'shop')
    assert.equal(shown.code, 0)
    assert.ok(shown.out.includes(secret?.['host'] ?? 'none'))
    assert.ok(!shown.out.includes(secret?.['password'] ?? 'none'))
    const open = await as('tenant', 'credentials', 'app', '-n', 'shop', '--show-password', '--json')
    const { settings } = JSON.parse(open.out) as { settings: Record<string, unknown> }
    assert.deepEqual(settings, {
      host: secret?.['host'],
      portImplicitTLS: '465',
      portSTARTTLS: '',
      username: 'app@shop.test',
      localCA: true,
      password: secret?.['password'],
    })
  })

  test('who may only view sees a login, and of its password that the role edit shows it', async () => {
    const viewer = await world.server.userKubeconfig('vic')
    await world.person.kubectl(
      world.admin,
      '-n',
      'shop',
      'create',
      'rolebinding',
      'vic',
      '--clusterrole=view',
      '--user=vic',
    )
    const shown = await world.person.postrider(viewer, 'credentials', 'app', '-n', 'shop')
    assert.deepEqual([shown.code, shown.err], [0, ''])
    assert.match(shown.out, /host +in the Secret, which does not exist yet or which you may not read/)
    const refused = await world.person.postrider(viewer, 'credentials', 'app', '-n', 'shop', '--show-password')
    assert.equal(refused.code, 2)
    assert.match(refused.err, /-> ask someone with the role edit/)
    const suspend = await world.person.postrider(viewer, 'suspend', 'domain/site', '-n', 'shop')
    assert.equal(suspend.code, 2)
    assert.match(suspend.err, /\(edit, to suspend and resume\)/)
    assert.equal((await spec('Domain', 'site'))?.['state'], 'Active')
  })

  test('a Domain that is suspended takes no mail, and after resume it is as it was', async () => {
    const before = await spec('Domain', 'site')
    assert.match(await world.submit('kim@remote.test'), /^250 /)
    const done = await as('tenant', 'suspend', 'domain/shop.test', '-n', 'shop')
    assert.deepEqual([done.code, done.err], [0, ''])
    assert.deepEqual(await spec('Domain', 'site'), { ...before, state: 'Suspended' })
    await eventually(
      async () => assert.deepEqual(await world.readiness(), ['False Suspended', 'False DomainNotReady']),
      SOON_MS,
    )
    await eventually(async () => assert.match(await world.submit('kim@remote.test'), /^450 4\.7\.1 /), SOON_MS)
    const status = await statusOf('tenant', '-n', 'shop')
    assert.deepEqual(told(status), ['note Domain shop/site Ready Suspended'])
    assert.deepEqual([status.code, status.problems[0]?.waiting], [0, ['app']])
    // An apply of another state from a manifest reports whose the field is.
    const active = manifest('Domain', 'site', { domainName: 'shop.test', state: 'Active' }, 'shop')
    const file = world.person.file('site.json', active)
    await assert.rejects(
      world.person.kubectl(world.tenant, 'apply', '--server-side', '-f', file),
      /conflict with "kubectl-postrider".*: \.spec\.state/s,
    )
    // Twice is not an error.
    assert.match((await as('tenant', 'suspend', 'md/site', '-n', 'shop')).out, /was already Suspended/)
    assert.equal((await as('tenant', 'resume', 'domain', 'site', '-n', 'shop')).code, 0)
    assert.deepEqual(await spec('Domain', 'site'), before)
    await eventually(async () => assert.deepEqual(await world.readiness(), ['True Ready', 'True Ready']), SOON_MS)
    await eventually(async () => assert.match(await world.submit('kim@remote.test'), /^250 /), SOON_MS)
  })

  test('a login that is suspended takes no mail while its Domain does, and after resume it is as it was', async () => {
    const before = await spec('SMTPCredential', 'app')
    assert.equal((await as('tenant', 'suspend', 'credential/app', '-n', 'shop')).code, 0)
    assert.deepEqual(await spec('SMTPCredential', 'app'), { ...before, state: 'Suspended' })
    await eventually(async () => assert.deepEqual(await world.readiness(), ['True Ready', 'False Suspended']), SOON_MS)
    await eventually(async () => assert.match(await world.submit('kim@remote.test'), /^450 4\.7\.1 /), SOON_MS)
    assert.equal((await as('tenant', 'resume', 'smtpcred/app@shop.test', '-n', 'shop')).code, 0)
    assert.deepEqual(await spec('SMTPCredential', 'app'), before)
    await eventually(async () => assert.match(await world.submit('kim@remote.test'), /^250 /), SOON_MS)
  })

  test('a policy where no policy counts is reported, though the operator does not look there', async () => {
    await world.put('DestinationPolicy', 'shop', 'own', {})
    await world.put('DestinationPolicy', SYSTEM, 'spare', { route: { host: 'spare.test' } })
    await eventually(async () => {
      assert.deepEqual(told(await statusOf('admin', '-A')), [
        `problem DestinationPolicy ${SYSTEM}/spare Accepted Shadowed`,
        'problem DestinationPolicy shop/own Accepted NamespaceNotAllowed',
      ])
    }, SOON_MS)
    await world.remove('DestinationPolicy', 'shop', 'own')
    await world.remove('DestinationPolicy', SYSTEM, 'spare')
  })

  test('what is wrong with the platform comes first, and only for those who may see it', async () => {
    await tellPodsReady(world, 'ingress', false)
    await tellPodsReady(world, 'operator', false)
    await eventually(async () => {
      const status = await statusOf('admin', '-A')
      assert.deepEqual(told(status), [
        `problem Deployment ${SYSTEM}/postrider-operator Available NoPods`,
        `problem MailPlatform ${SYSTEM}/mail IngressReady NoPods`,
      ])
      assert.equal(status.code, 1)
    }, SOON_MS)
    assert.equal((await statusOf('tenant', '-n', 'shop')).code, 0)
    await tellPodsReady(world, 'ingress', true)
    await tellPodsReady(world, 'operator', true)
    await eventually(async () => assert.equal((await statusOf('admin', '-A')).code, 0), SOON_MS)
  })
})

const ONE = { all: 1, ready: 1 }
