import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { connect } from '@nats-io/transport-node'
import { findBroker } from '@postrider/standalone/nats-server/find'
import { accountsSecret, BROKER_ACCOUNTS } from '@postrider/operator/broker/accounts-secret'
import { brokerCertificate } from '@postrider/operator/broker/certificate'
import { reload } from '@postrider/operator/broker/reload'
import type { KubeObject } from '@postrider/kubernetes/object/object'
import { authConfig } from '@postrider/broker/accounts'
import { eventually } from '../support/eventually.ts'
import { helmMissing, renderChart } from '../support/helm.ts'
import { freePort } from '../support/ports.ts'

/** The chart's configuration of the broker in real servers, with the files of the operator and of an earlier release beside it. */
const skip = helmMissing()
const LOCAL = '127.0.0.1'
const passwords = Object.fromEntries(BROKER_ACCOUNTS.map((account) => [account, `-1${account}`]))

interface Server {
  url: string
  monitor: string
  folder: string
  start(): Promise<void>
  stop(): Promise<void>
}

describe('the broker of the chart', { skip, concurrency: false }, () => {
  const stops: (() => Promise<void>)[] = []
  after(async () => {
    for (const stop of stops) await stop()
  })

  /** Servers with the rendered configuration; paths and ports are those of this machine. `earlier` ones have that of a release before. */
  async function servers(values: string[], kinds: ('earlier' | 'new')[]): Promise<Server[]> {
    const count = kinds.length
    const rendered = await renderChart<KubeObject & { data?: Record<string, string> }>('rel', 'mail', [
      `broker.replicas=${count}`,
      ...values,
    ])
    const files = rendered.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata?.name === 'rel-nats')?.data
    const ports = await Promise.all(
      kinds.map(async () => [await freePort(), await freePort(), await freePort()] as const),
    )
    const local = (text: string): string =>
      ports.reduce(
        (all, [, , route], n) => all.replaceAll(`rel-nats-${n}.rel-nats-servers.mail.svc:6222`, `${LOCAL}:${route}`),
        text,
      )
    const binary = await findBroker()
    return Promise.all(
      ports.map(async ([client, monitor, route], number) => {
        const folder = await mkdtemp(join(tmpdir(), 'postrider-chart-broker-'))
        const place = (text: string): string =>
          local(text)
            .replaceAll('/etc/nats/conf', folder)
            .replaceAll('"/data', `"${folder}/data`)
            .replaceAll('/run/nats', folder)
            .replaceAll('0.0.0.0:4222', `${LOCAL}:${client}`)
            .replaceAll('0.0.0.0:8222', `${LOCAL}:${monitor}`)
            .replaceAll('0.0.0.0:6222', `${LOCAL}:${route}`)
        let config = place(files?.['nats.conf'] ?? '')
        // An earlier release has neither the account that may ask for a reload nor a password for routes.
        if (kinds[number] === 'earlier') config = config.replace(/^accounts \{[^]*/m, '')
        await writeFile(join(folder, 'nats.conf'), config)
        await writeFile(join(folder, 'routes.conf'), place(files?.['routes.conf'] ?? ''))
        await writeFile(join(folder, 'nats.conf.auth'), authConfig({ ...passwords, api: 'of before' }, 4))
        let child: ChildProcess | undefined
        const stop = async (): Promise<void> => {
          if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
          const ended = new Promise((resolve) => child?.once('exit', resolve))
          child.kill('SIGKILL')
          await ended
        }
        stops.push(async () => {
          await stop()
          await rm(folder, { recursive: true, force: true })
        })
        return {
          url: `nats://${LOCAL}:${client}`,
          monitor: `http://${LOCAL}:${monitor}`,
          folder,
          async start() {
            child = spawn(binary, ['--config', join(folder, 'nats.conf')], {
              stdio: 'ignore',
              env: { SERVER_NAME: `rel-nats-${number}`, WATCH_PASSWORD: `"${passwords['watch'] ?? ''}"` },
            })
            await new Promise((resolve, reject) => child?.once('spawn', resolve).once('error', reject))
          },
          stop,
        }
      }),
    )
  }

  const healthy = ({ monitor }: Server): Promise<void> =>
    eventually(async () => {
      const answer = await fetch(`${monitor}/healthz`)
      assert.equal(answer.status, 200, await answer.text())
    }, 60_000)

  /** What the kubelet brings into each pod, with routes between the servers of this machine. */
  async function bring(all: Server[], beside: string[] = []): Promise<string> {
    const { data, tag } = accountsSecret({ passwords, servers: all.map(({ url }) => url), beside })
    for (const server of all) {
      await writeFile(join(server.folder, 'nats.conf.auth'), data['nats.conf.auth'] ?? '')
      const routes = await routePorts(all)
      const text = routes.reduce(
        (text, port) => text.replace(`${LOCAL}:6222`, `${LOCAL}:${port}`),
        data['routes.conf'] ?? '',
      )
      if (all.length > 1) await writeFile(join(server.folder, 'routes.conf'), text)
    }
    return tag
  }

  async function routePorts(all: Server[]): Promise<number[]> {
    return Promise.all(
      all.map(async ({ monitor }) => {
        const { cluster } = (await (await fetch(`${monitor}/varz`)).json()) as { cluster: { cluster_port?: number } }
        return cluster.cluster_port ?? 0
      }),
    )
  }

  async function logsIn(server: Server, user: string, pass: string, tls?: { caFile: string }): Promise<boolean> {
    const options = { servers: server.url, user, pass, reconnect: false, ...(tls === undefined ? {} : { tls }) }
    const nc = await connect(options).catch(() => undefined)
    await nc?.close()
    return nc !== undefined
  }

  test('a server that began with the accounts of an earlier release reads the new ones on request', async () => {
    const all = await servers([], ['new'])
    const [server] = all as [Server]
    await server.start()
    await healthy(server)
    const access = { servers: [server.url], user: 'watch', password: passwords['watch'] ?? '' }
    const { tag } = accountsSecret({ passwords, servers: [server.url], beside: [] })
    assert.deepEqual(
      (await reload(access, tag)).map(({ state }) => state),
      ['stale'],
    )
    assert.equal(await logsIn(server, 'api', passwords['api'] ?? ''), false)
    assert.equal(await bring(all), tag)
    assert.deepEqual(
      (await reload(access, tag)).map(({ state }) => state),
      ['current'],
    )
    assert.equal(await logsIn(server, 'api', passwords['api'] ?? ''), true)
    await writeFile(join(server.folder, 'nats.conf.auth'), 'not a { configuration')
    const [bad] = await reload(access, 'accounts-of-later')
    assert.equal(bad?.state, 'stale')
    assert.match(bad.why ?? '', /parse/i)
    await server.stop()
    assert.deepEqual(
      (await reload(access, tag)).map(({ state }) => state),
      ['away'],
    )
  })

  test('servers with and without a password for routes form one cluster, whichever restarts', async () => {
    const all = await servers([], ['earlier', 'earlier', 'new'])
    const [first, second, third] = all as [Server, Server, Server]
    for (const server of all) await server.start()
    for (const server of all) await healthy(server)
    await bring([first, second, third])
    // Only the one of this release is asked to reload.
    const { tag } = accountsSecret({ passwords, servers: all.map(({ url }) => url), beside: [] })
    const access = { servers: [third.url], user: 'watch', password: passwords['watch'] ?? '' }
    assert.deepEqual(
      (await reload(access, tag)).map(({ state }) => state),
      ['current'],
    )
    for (const server of all) await healthy(server)
    // Without its password nobody joins.
    await third.stop()
    await healthy(first)
    await third.start()
    for (const server of all) await healthy(server)
  })

  test('clients and routes of three servers with TLS', async () => {
    const all = await servers(['broker.tls.enabled=true'], ['new', 'new', 'new'])
    const { ca, cert, key } = await brokerCertificate([LOCAL, 'localhost'], undefined)
    for (const { folder } of all) {
      await writeFile(join(folder, 'ca.crt'), ca)
      await writeFile(join(folder, 'tls.crt'), cert)
      await writeFile(join(folder, 'tls.key'), key)
    }
    for (const server of all) await server.start()
    for (const server of all) await healthy(server)
    for (const server of all) {
      const caFile = join(server.folder, 'ca.crt')
      assert.equal(await logsIn(server, 'admin', passwords['admin'] ?? '', { caFile }), true)
      assert.equal(await logsIn(server, 'admin', passwords['admin'] ?? ''), false, 'a client without the CA')
    }
    const { cluster } = (await (await fetch(`${all[0]?.monitor ?? ''}/varz`)).json()) as {
      cluster: { tls_required?: boolean }
    }
    assert.equal(cluster.tls_required, true)
  })
})
