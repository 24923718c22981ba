import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { openCluster } from '@postrider/kubernetes/transport/client'
import type { Cluster } from '@postrider/kubernetes/transport/client'
import { NoClusterError } from '@postrider/kubernetes/transport/connection'
import { ApiError, isUnanswered } from '@postrider/kubernetes/transport/errors'
import { KINDS } from '@postrider/kubernetes/object/kinds'
import { refTo } from '@postrider/kubernetes/object/object'
import { apiServerMissing, startApiServer } from '../support/api-server.ts'
import type { ApiServer } from '../support/api-server.ts'

describe('the way to the API server', { skip: apiServerMissing() }, () => {
  let server: ApiServer
  let admin: Cluster
  let folder: string
  before(async () => {
    server = await startApiServer()
    admin = openCluster({ kubeconfig: server.kubeconfig })
    folder = await mkdtemp(join(tmpdir(), 'postrider-account-'))
  })
  after(async () => {
    admin.close()
    await server.stop()
    await rm(folder, { recursive: true })
  })

  async function freshToken(): Promise<string> {
    const path = '/api/v1/namespaces/default/serviceaccounts/operator/token'
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 600 } }
    const { status } = await admin.request<{ status: { token: string } }>('POST', path, { body })
    return status.token
  }

  test('a pod comes in by its service account, and by the new token when the kubelet renews the file', async () => {
    const { clusters } = JSON.parse(readFileSync(server.kubeconfig, 'utf8')) as {
      clusters: [{ cluster: Record<'certificate-authority-data', string> }]
    }
    await writeFile(join(folder, 'ca.crt'), Buffer.from(clusters[0].cluster['certificate-authority-data'], 'base64'))
    await admin.create({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'operator', namespace: 'default' },
    })
    await writeFile(join(folder, 'token'), `${await freshToken()}\n`)
    const { hostname, port } = new URL(server.url)
    const pod = openCluster({
      kubeconfig: '',
      env: { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port },
      serviceAccount: folder,
    })
    const reason = async (): Promise<string> => {
      try {
        await pod.get(refTo(KINDS.Secret, 'default', 'any'))
        return 'let in'
      } catch (error) {
        return error instanceof ApiError ? error.reason : String(error)
      }
    }
    // Known, and without any rights.
    assert.equal(await reason(), 'Forbidden')
    await writeFile(join(folder, 'token'), 'spoilt')
    assert.equal(await reason(), 'Unauthorized')
    await writeFile(join(folder, 'token'), await freshToken())
    assert.equal(await reason(), 'Forbidden')
    pod.close()
  })

  test('an absent server is reported as such', async () => {
    const away = openCluster({
      kubeconfig: '',
      env: { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: '1' },
      serviceAccount: folder,
    })
    await assert.rejects(away.list(KINDS.Secret), isUnanswered)
    away.close()
  })
})

test('without a kubeconfig, outside of a pod, the first request says so', async () => {
  const home = process.env['HOME']
  process.env['HOME'] = '/nonexistent'
  const nowhere = openCluster({ kubeconfig: '', env: {} })
  await assert.rejects(nowhere.list(KINDS.Secret), NoClusterError)
  process.env['HOME'] = home
})
