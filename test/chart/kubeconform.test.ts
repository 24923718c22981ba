import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { openCluster } from '@postrider/kubernetes/transport/client'
import type { KubeObject } from '@postrider/kubernetes/object/object'
import { parseAllDocuments, stringify } from 'yaml'
import { apiServerMissing, startApiServer } from '../support/api-server.ts'
import { eventually } from '../support/eventually.ts'
import { applyStrictly, helmMissing, renderChart } from '../support/helm.ts'
import { findBuilt, orFail } from '../support/needs.ts'
import { locationIn, writeSchemas } from './schemas.ts'
import type { OpenApi } from './schemas.ts'
import { manifest } from '../support/manifest.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const KUBECONFORM = findBuilt('kubeconform')
const missing = orFail(KUBECONFORM === undefined && 'needs kubeconform: test/cluster/build.sh kubeconform')
const skip = missing || apiServerMissing() || helmMissing()

/** All that the chart can render, but for what needs the CRDs of others. */
const VALUES = [
  [],
  ['broker.replicas=3', 'imagePullSecrets[0].name=pull', 'operator.priorityClassName=high'],
  ['broker.enabled=false', 'broker.external.url=nats://nats.example.org:4222', 'networkPolicies.enabled=false'],
]

describe('kubeconform, by the schemas of an API server that knows our CRDs', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'postrider-schemas-'))

  before(async () => {
    const server = await startApiServer()
    const cluster = openCluster({ kubeconfig: server.kubeconfig })
    try {
      for (const object of await renderChart('rel', 'mail'))
        if (object.kind === 'CustomResourceDefinition') await applyStrictly(cluster, object)
      const document = await eventually(async () => {
        const found = await cluster.request<OpenApi>('GET', '/openapi/v2')
        const names = Object.keys(found.definitions)
        for (const kind of ['MailPlatform', 'Domain', 'SMTPCredential', 'SMTPLimit'])
          assert.ok(names.includes(`dev.postrider.v1alpha1.${kind}`), `${kind} is not in the document yet`)
        return found
      }, 60_000)
      writeSchemas(folder, document)
    } finally {
      cluster.close()
      await server.stop()
    }
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  /** Its verdict on objects; never throws for a bad one. */
  async function verdict(objects: KubeObject[]): Promise<{ bad: string[]; valid: number }> {
    const file = join(folder, 'objects.yaml')
    writeFileSync(file, objects.map((object) => stringify(object)).join('---\n'))
    const args = ['-strict', '-output', 'json', '-summary', '-schema-location', locationIn(folder), file]
    const { stdout } = await promisify(execFile)(KUBECONFORM ?? '', args).catch(
      (error: unknown) => error as { stdout: string },
    )
    const { resources = [], summary } = JSON.parse(stdout) as {
      resources?: { kind: string; name: string; msg: string }[]
      summary: { valid: number }
    }
    return { bad: resources.map(({ kind, name, msg }) => `${kind} ${name}: ${msg}`), valid: summary.valid }
  }

  for (const values of VALUES)
    test(`the chart with ${values.join(' ') || 'its defaults'}`, async () => {
      const objects = await renderChart('rel', 'mail', values)
      assert.deepEqual(await verdict(objects), { bad: [], valid: objects.length })
    })

  for (const name of ['platform.yaml', 'tenant.yaml', 'sender-address.yaml'])
    test(`examples/kubernetes/${name}`, async () => {
      const text = readFileSync(join(ROOT, 'examples', 'kubernetes', name), 'utf8')
      const objects = parseAllDocuments(text).map((document) => document.toJS() as KubeObject)
      assert.deepEqual(await verdict(objects), { bad: [], valid: objects.length })
    })

  test('a mistake is seen, in a kind of Kubernetes and in one of ours', async () => {
    const wrong = [
      { apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' }, spec: { ports: [{ port: 1, tragetPort: 2 }] } },
      manifest('Domain', 'b', { domainNmae: 'c' }),
    ]
    const { bad, valid } = await verdict(wrong)
    assert.equal(valid, 0)
    assert.match(bad.join('\n'), /Service a: .*tragetPort/s)
    assert.match(bad.join('\n'), /Domain b: .*domainNmae/s)
  })
})
