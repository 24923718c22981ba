import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import type { V1Secret } from '@kubernetes/client-node'
import { KINDS } from '@postrider/kubernetes/object/kinds'
import { refTo } from '@postrider/kubernetes/object/object'
import type { Wire } from '@postrider/kubernetes/object/object'
import { apiServerMissing } from '../support/api-server.ts'
import { eventually } from '../support/eventually.ts'
import { helmMissing } from '../support/helm.ts'
import { BUILT_PROGRAMS, needs } from '../support/needs.ts'
import { startOperatorWorld, SYSTEM } from '../support/operator.ts'
import type { OperatorProcess, OperatorWorld } from '../support/operator.ts'
import { kubectlMissing } from './kubectl-plugin-person.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const skip = apiServerMissing({ controllerManager: true }) || helmMissing() || kubectlMissing() || needs('jq', 'jq')
const SOON_MS = 30_000
const OURS = 'app.kubernetes.io/managed-by=postrider-operator'

/** Blocks of commands of docs/kubernetes/backup.md, in order. */
const commands = readFileSync(join(ROOT, 'docs', 'kubernetes', 'backup.md'), 'utf8').match(/(?:^ {4}.*\n)+/gm) ?? []
const block = (word: RegExp): string => {
  const found = commands.filter((text) => word.test(text))
  assert.ok(found.length > 0, `docs/kubernetes/backup.md has no command with ${word.source}`)
  return found.join('')
}

describe('recovery as docs/kubernetes/backup.md describes it', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'postrider-backup-'))
  let world: OperatorWorld & { operator: OperatorProcess }

  before(async () => {
    world = await startOperatorWorld()
    await world.namespace('shop')
    await world.put('MailPlatform', SYSTEM, 'mail', {
      hostName: 'mail.platform.test',
      tenants: { namespaces: { from: 'All' } },
      // Nobody answers there: what is to be published is what counts here.
      dns: { resolvers: ['127.0.0.1:1'] },
    })
    await world.put('Domain', 'shop', 'site', { domainName: 'shop.test' })
    await world.put('SMTPCredential', 'shop', 'app', { address: 'app@shop.test', domainRef: { name: 'site' } })
  })
  after(async () => {
    await world.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const shell = (script: string) =>
    promisify(execFile)('bash', ['-e', '-o', 'pipefail', '-c', script], {
      cwd: folder,
      env: {
        ...process.env,
        KUBECONFIG: world.server.kubeconfig,
        PATH: [BUILT_PROGRAMS, process.env['PATH']].join(delimiter),
      },
    })
  const secrets = () => world.cluster.list<Wire<V1Secret>>(KINDS.Secret, { labelSelector: OURS })

  /** What programs and the DNS know. */
  async function known() {
    const login = await world.secret('shop', 'app-smtp')
    assert.ok(login !== undefined, 'the login has no Secret yet')
    const site = await world.get('Domain', 'shop', 'site')
    const records = (site?.status?.['dnsRecords'] ?? []) as { purpose: string; name: string; value: string }[]
    const keys = (await secrets())
      .filter(({ metadata }) => metadata?.labels?.['postrider.dev/dkim-domain'] !== undefined)
      .map(({ metadata, data }) => [metadata?.name, data])
      .sort()
    assert.equal(keys.length, 2)
    return {
      login,
      keys,
      records: records.map(({ purpose, name, value }) => `${purpose} ${name} ${value}`),
      authority: (await world.secret(SYSTEM, 'mail-tls-local'))?.['ca.crt'],
      broker: (await world.secret(SYSTEM, 'mail-broker-ingress'))?.['password'],
    }
  }
  type Known = Awaited<ReturnType<typeof known>>
  const whenMade = () =>
    eventually(async () => {
      const all = await known()
      assert.equal(all.records.filter((record) => record.startsWith('DKIM ')).length, 2)
      assert.ok(all.login['ca.crt'], 'the login does not tell the CA yet')
      return all
    }, SOON_MS)
  let was: Known

  test('what the page says is saved', async () => {
    was = await whenMade()
    await shell(block(/\bjq\b/))
    const saved = JSON.parse(readFileSync(join(folder, 'platform-secrets.json'), 'utf8')) as { items: object[] }
    assert.ok(saved.items.length >= 8, `${saved.items.length} Secrets are saved`)
  })

  test('all is lost', async () => {
    await world.operator.end()
    await world.remove('SMTPCredential', 'shop', 'app')
    await world.remove('Domain', 'shop', 'site')
    await world.remove('MailPlatform', SYSTEM, 'mail')
    for (const { metadata } of await secrets())
      await world.cluster.remove(refTo(KINDS.Secret, metadata?.namespace ?? '', metadata?.name ?? ''))
    await eventually(async () => assert.equal((await secrets()).length, 0), SOON_MS)
  })

  test('passwords, DKIM keys, DNS records and the CA are those of before', async () => {
    await shell(block(/create -f platform-secrets\.json/))
    await world.startOperator('operator-1')
    await shell(block(/create -f resources\.json/))
    await eventually(async () => assert.deepEqual(await known(), was), SOON_MS)
    // The new owner has what is to go with it.
    const platform = await world.get('MailPlatform', SYSTEM, 'mail')
    await eventually(async () => {
      const found = await world.cluster.get(refTo(KINDS.Secret, SYSTEM, 'mail-broker-ingress'))
      const owners = found?.metadata?.ownerReferences?.map(({ uid }) => uid)
      assert.deepEqual(owners, [platform?.metadata?.uid])
    }, SOON_MS)
  })
})
