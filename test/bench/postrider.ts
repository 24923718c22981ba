import { startPlatform } from '../support/platform.ts'
import type { Contender, ContenderOptions } from './contender.ts'
import { parentOf } from './process-tree.ts'

/** `postrider up` with its defaults: one process of each service, a broker that syncs each write. */
export async function startContender({ sink, dkim }: ContenderOptions): Promise<Contender> {
  const platform = await startPlatform({
    relay: true,
    routeTo: { host: sink.host, port: sink.port },
    // One signature, as OpenDKIM makes; by default there is an Ed25519 one as well.
    domain: { dkim: { algorithms: dkim ? ['RSA2048'] : [] } },
  })
  const { broker } = await platform.pids()
  if (broker === undefined) throw new Error('the broker of postrider up was not found')
  return {
    name: 'Postrider',
    relay: { host: '127.0.0.1', port: platform.ports.relay },
    // Its broker and its services are children of postrider up.
    pids: [parentOf(broker)],
    async stop() {
      await platform.stop()
      platform.remove()
    },
  }
}
