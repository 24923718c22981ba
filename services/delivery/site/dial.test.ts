import assert from 'node:assert/strict'
import { afterEach, describe, test } from 'node:test'
import type { DnsResolver } from '../route/resolver.ts'
import type { Route, RouteHost } from '../route/route.ts'
import { TIMEOUTS } from '../transaction/testing/client.ts'
import { startReceiver } from '../transaction/testing/scripted-receiver.ts'
import type { ScriptedReceiver, ScriptedReceiverOptions } from '../transaction/testing/scripted-receiver.ts'
import { TurnedAway } from '../transaction/outcome.ts'
import { dial } from './dial.ts'

const ended: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ended.splice(0)) await end()
})

async function receive(options: ScriptedReceiverOptions = {}): Promise<ScriptedReceiver> {
  const receiver = await startReceiver(options)
  ended.push(() => receiver.close())
  return receiver
}

/** Hosts by name, each at a receiver's port, with the addresses that the name has. */
async function call(hosts: [name: string, port: number, addresses: string[]][], given: Partial<RouteHost> = {}) {
  const addresses = new Map(hosts.map(([name, , list]) => [name, list]))
  const resolver: Pick<DnsResolver, 'addresses'> = {
    addresses: async (name) => {
      const records = addresses.get(name) ?? []
      return records.length > 0 ? { records } : { none: 'no-such-domain', detail: 'the domain does not exist' }
    },
  }
  const route: Route = {
    site: 'site',
    hosts: hosts.map(([name, port]) => ({ name, port, ...given })),
    tls: 'opportunistic',
    connections: 5,
    messagesPerConnection: 10,
  }
  const options = { resolver: resolver as DnsResolver, timeouts: TIMEOUTS, ehloName: 'mail.us.test' }
  const connection = await dial(route, options)
  ended.push(() => connection.dialogue.destroy())
  return connection
}

const HERE = ['127.0.0.1']

describe('a site is reached', () => {
  for (const greeting of ['421 4.3.2 busy', '554 5.7.1 no']) {
    test(`by its next host when the first greets with ${greeting}`, async () => {
      const first = await receive({ script: ({ stage }) => (stage === 'connect' ? greeting : undefined) })
      const second = await receive()
      const { remote } = await call([
        ['one.test', first.port, HERE],
        ['two.test', second.port, HERE],
      ])
      assert.equal(remote.host, 'two.test')
    })
  }

  test('by its next host when the first is not there, or has no address', async () => {
    const gone = await receive()
    await gone.close()
    const there = await receive()
    const { remote } = await call([
      ['one.test', gone.port, HERE],
      ['two.test', there.port, []],
      ['three.test', there.port, HERE],
    ])
    assert.equal(remote.host, 'three.test')
  })

  test('by the next address of the same host', async () => {
    const { port } = await receive()
    const { remote } = await call([['one.test', port, ['::1', '127.0.0.1']]])
    assert.deepEqual([remote.host, remote.address], ['one.test', '127.0.0.1'])
  })

  test('not when all say no: the last word of a host that spoke is told', async () => {
    const first = await receive({ script: ({ stage }) => (stage === 'connect' ? '554 5.7.1 no' : undefined) })
    await assert.rejects(
      call([
        ['one.test', first.port, HERE],
        ['two.test', 1, []],
      ]),
      (error: unknown) => error instanceof TurnedAway && error.reply.text === '554 5.7.1 no',
    )
    await assert.rejects(call([['two.test', 1, []]]), { name: 'Broken', stage: 'dns' })
  })

  test('not at more than five addresses', async () => {
    const receiver = await receive({ script: ({ stage }) => (stage === 'connect' ? '421 4.3.2 busy' : undefined) })
    await assert.rejects(call([['one.test', receiver.port, Array.from({ length: 9 }, () => '127.0.0.1')]]))
    assert.equal(receiver.connections(), 5)
  })

  for (const address of ['127.0.0.1', '::1', '0.0.0.0', '::', '::ffff:127.0.0.1']) {
    test(`not at ${address} when a stranger's DNS says so`, async () => {
      const receiver = await receive()
      await assert.rejects(call([['one.test', receiver.port, [address]]], { notHere: true }), (error: unknown) => {
        assert.ok(error instanceof TurnedAway)
        assert.match(error.reply.text, /^554 5\.4\.6 /)
        return true
      })
      assert.equal(receiver.connections(), 0)
    })
  }
})
