import assert from 'node:assert/strict'
import { createTransport } from 'nodemailer'
import { eventually } from '../support/eventually.ts'
import { applyStrictly, renderChart } from '../support/helm.ts'
import { conditionOf, startOperatorWorld, SYSTEM } from '../support/operator.ts'
import type { OperatorProcess, OperatorWorld, Resource } from '../support/operator.ts'
import { freePort } from '../support/ports.ts'
import { startReceiver } from '../support/receiver/receiver.ts'
import type { Receiver } from '../support/receiver/receiver.ts'
import { startUnbound } from '../support/unbound.ts'
import type { Unbound } from '../support/unbound.ts'
import { newPerson } from './kubectl-plugin-person.ts'
import type { Person } from './kubectl-plugin-person.ts'
import { runDeployment, tellPodsReady } from './kubectl-plugin-pods.ts'
import type { RunningPod } from './kubectl-plugin-pods.ts'

export const SOON_MS = 30_000
const COMPONENTS = ['ingress', 'delivery', 'notifier', 'api'] as const

/** A platform that takes mail: the operator on a real API server, the services as its Deployments say, a remote that always says
 * later, and a person with the plugin. */
export interface PluginWorld extends OperatorWorld {
  operator: OperatorProcess
  person: Person
  dns: Unbound
  services: Record<(typeof COMPONENTS)[number], RunningPod>
  /** Kubeconfigs: the cluster's administrator, an editor of namespace shop, and a service account with no rights. */
  admin: string
  tenant: string
  nobody: string
  /** Submits as app@shop.test; resolves with the server's answer, be it good or bad. */
  submit(to: string): Promise<string>
  /** Makes Domain shop/site of shop.test and login shop/app of app@shop.test; neither may send yet. */
  newTenant(): Promise<void>
  /** Publishes what proves that the domain is the tenant's; resolves when both may send. */
  proveOwnership(): Promise<void>
  /** Condition Ready of the Domain and of the login. */
  readiness(): Promise<string[]>
  closeAll(): Promise<void>
}

export async function startPluginWorld(): Promise<PluginWorld> {
  const ends: (() => unknown)[] = []
  const closeAll = async (): Promise<void> => {
    for (const end of ends.reverse()) await end()
  }
  try {
    return await build(ends, closeAll)
  } catch (error) {
    await closeAll()
    throw error
  }
}

async function build(ends: (() => unknown)[], closeAll: () => Promise<void>): Promise<PluginWorld> {
  const person = newPerson()
  ends.push(() => person.leave())
  const dns = await startUnbound({ records: ['mail.platform.test. A 127.0.0.1'] })
  ends.push(() => dns.stop())
  const remote = await startReceiver({ script: { rcpt: '452 4.2.2 mailbox full' } })
  ends.push(() => remote.close())
  const world = await startOperatorWorld()
  ends.push(() => world.stop())
  await world.namespace('shop')
  const port = await freePort()
  const api = { address: '127.0.0.1', port: await freePort(), httpPort: await freePort() }
  await platform(world, dns, remote, port, api)
  const services = Object.fromEntries(
    await Promise.all(
      COMPONENTS.map(async (name) => {
        const pod = await runDeployment(world, `mail-${name}`)
        ends.push(() => pod.stop())
        return [name, pod] as const
      }),
    ),
  ) as PluginWorld['services']
  for (const name of COMPONENTS) await tellPodsReady(world, name, true)

  async function submit(to: string): Promise<string> {
    const secret = await eventually(async () => {
      const found = await world.secret('shop', 'app-smtp')
      assert.ok(found)
      return found
    }, SOON_MS)
    const { username = '', password = '' } = secret
    const transport = createTransport({
      host: '127.0.0.1',
      port,
      secure: true,
      auth: { user: username, pass: password },
      tls: { ca: secret['ca.crt'] ?? '', servername: secret['host'] ?? '' },
    })
    try {
      const sent = (await transport.sendMail({ from: username, to, subject: 'test', text: 'hello' })) as {
        response: string
      }
      return sent.response
    } catch (error) {
      const { response } = error as { response?: string }
      if (response === undefined) throw error
      return response
    } finally {
      transport.close()
    }
  }

  const readiness = async (): Promise<string[]> => [
    conditionOf(await world.get('Domain', 'shop', 'site'), 'Ready'),
    conditionOf(await world.get('SMTPCredential', 'shop', 'app'), 'Ready'),
  ]
  const eventuallyReady = (...expected: string[]): Promise<void> =>
    eventually(async () => assert.deepEqual(await readiness(), expected), SOON_MS)
  async function newTenant(): Promise<void> {
    await world.put('Domain', 'shop', 'site', { domainName: 'shop.test' })
    await world.put('SMTPCredential', 'shop', 'app', { address: 'app@shop.test', domainRef: { name: 'site' } })
    await eventuallyReady('False NotVerified', 'False DomainNotReady')
  }
  async function proveOwnership(): Promise<void> {
    const records = ((await world.get('Domain', 'shop', 'site'))?.status?.['dnsRecords'] ?? []) as DnsRecord[]
    const proof = records.find(({ purpose }) => purpose === 'Ownership')
    assert.ok(proof !== undefined, 'no ownership record is wanted')
    await dns.add(`${proof.name}. 1 TXT "${proof.value}"`)
    await eventuallyReady('True Ready', 'True Ready')
  }

  const admin = world.server.kubeconfig
  const tenant = await world.server.userKubeconfig('tia')
  await person.kubectl(admin, '-n', 'shop', 'create', 'rolebinding', 'tia', '--clusterrole=edit', '--user=tia')
  return Object.assign(world, {
    person,
    dns,
    services,
    admin,
    tenant,
    nobody: await accountWithNothing(person, admin, world.server.url),
    submit,
    newTenant,
    proveOwnership,
    readiness,
    closeAll,
  })
}

interface DnsRecord {
  purpose: string
  name: string
  value: string
}

/** Resolves when the services can be started. */
async function platform(
  world: OperatorWorld,
  dns: Unbound,
  remote: Receiver,
  port: number,
  api: { address: string; port: number; httpPort: number },
): Promise<void> {
  // The first object that tells where the operator is; without a node nothing of it runs there.
  for (const object of await renderChart('postrider', SYSTEM))
    if (object.kind === 'Deployment') await applyStrictly(world.cluster, object)
  await world.put('MailPlatform', SYSTEM, 'mail', {
    hostName: 'mail.platform.test',
    ingress: { listeners: [{ mode: 'ImplicitTLS', port, address: '127.0.0.1', servicePort: 465 }] },
    api,
    tenants: { namespaces: { from: 'All' } },
    dns: { resolvers: [dns.address] },
    verification: { recheck: '1s' },
    retry: { firstDelay: '1h', maxDelay: '1h' },
  })
  await world.put('DestinationPolicy', SYSTEM, 'all', { route: { host: remote.host, port: remote.port } })
  const ready = async (): Promise<Resource | undefined> => {
    const found = await world.get('MailPlatform', SYSTEM, 'mail')
    assert.equal(conditionOf(found, 'ConfigPublished'), 'True Published')
    return found
  }
  await eventually(ready, SOON_MS)
}

/** The kubeconfig of a service account, with a token as pods have it. */
async function accountWithNothing(person: Person, admin: string, server: string): Promise<string> {
  await person.kubectl(admin, '-n', 'shop', 'create', 'serviceaccount', 'nobody')
  const token = (await person.kubectl(admin, '-n', 'shop', 'create', 'token', 'nobody')).trim()
  const ca = (
    await person.kubectl(
      admin,
      'config',
      'view',
      '--raw',
      '-o',
      'jsonpath={.clusters[0].cluster.certificate-authority-data}',
    )
  ).trim()
  return person.file('nobody.kubeconfig', {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'nobody',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority-data': ca } }],
    contexts: [{ name: 'nobody', context: { cluster: 'test', user: 'nobody', namespace: 'shop' } }],
    users: [{ name: 'nobody', user: { token } }],
  })
}
