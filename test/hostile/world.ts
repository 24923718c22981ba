import process from 'node:process'
import { connectToPlatform } from '../../cli/queue/connect.ts'
import type { Broker } from '@postrider/broker/connection'
import { startPlatform } from '../support/platform.ts'
import type { TestPlatform } from '../support/platform.ts'
import { freePort } from '../support/ports.ts'
import type { Behaviour } from './behaviour.ts'
import { startDns } from './dns/server.ts'
import type { DnsServer } from './dns/server.ts'
import { HEALTHY_DOMAIN } from './healthy.ts'
import { addZones, placeOf } from './place.ts'
import type { Place } from './place.ts'
import { startRemotes } from './remote/remotes.ts'
import type { Remotes } from './remote/remotes.ts'
import { manifest } from '../support/manifest.ts'

/** The platform, the name server it asks, the remotes that misbehave, and one that does not, each in its own process. */
export interface World {
  platform: TestPlatform
  /** For questions to the message log. */
  broker: Broker
  dns: DnsServer
  hostile: Remotes
  healthy: Remotes
  /** Port of all remotes. */
  port: number
  places: Map<Behaviour, Place>
  stop(): Promise<void>
}

export interface WorldOptions {
  /** Merged into the MailPlatform's spec. */
  platform?: Record<string, unknown>
  timeouts?: Record<string, string>
}

const HEALTHY_HOST = '127.63.0.1'
/** Long enough for a machine that is busy, short enough for a run that waits for each of them. */
const TIMEOUTS = { connect: '2s', greeting: '6s', mail: '6s', rcpt: '6s', data: '6s', block: '6s', final: '6s' }

export async function startWorld(
  behaviours: Behaviour[],
  { platform: spec, timeouts }: WorldOptions = {},
): Promise<World> {
  const [port, dns, hostile, healthy] = await Promise.all([freePort(), startDns(), startRemotes(), startRemotes()])
  await healthy.listen(HEALTHY_HOST, port, {})
  // Notices go there as well.
  for (const domain of [HEALTHY_DOMAIN, 'sender.test']) dns.add(domain, { type: 'MX', value: '10 mx.healthy.test' })
  dns.add('mx.healthy.test', { type: 'A', value: HEALTHY_HOST })
  const places = new Map(behaviours.map((behaviour, index) => [behaviour, placeOf(behaviour, index)]))
  for (const [behaviour, place] of places) {
    addZones(dns, behaviour, place)
    for (const [label, script] of Object.entries(behaviour.hosts ?? {}))
      if (script !== 'refused') await hostile.listen(place.addresses.get(label) ?? '', port, script)
  }
  const platform = await startPlatform({
    relay: true,
    platform: {
      delivery: { smtpPort: port, timeouts: timeouts ?? TIMEOUTS },
      dns: { resolvers: [dns.address] },
      retry: { firstDelay: '1s', maxDelay: '2s', jitterPercent: 0, lifetime: '1h' },
      ...spec,
    },
    documents: [...places].flatMap(([behaviour, place]) => documentsOf(behaviour, place)),
  })
  const broker = await connectToPlatform(platform.state)
  const stop = async (): Promise<void> => {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
    await broker.close()
    hostile.close()
    await platform.stop()
    platform.remove()
    healthy.close()
    dns.close()
  }
  // Else the platform would outlive a run that is ended.
  const onSignal = (): void => void stop().finally(() => process.exit(1))
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
  return { platform, broker, dns, hostile, healthy, port, places, stop }
}

function documentsOf({ name, policies = {} }: Behaviour, { domains }: Place): unknown[] {
  return Object.entries(policies).flatMap(([label, { addresses, ...spec }]): unknown[] => {
    const own = `${name}-${label}`
    const policy = { match: { domains: [domains.get(label)] }, ...spec }
    if (addresses === undefined) return [manifest('DestinationPolicy', own, policy)]
    return [
      manifest('DeliveryPool', own, { addresses }),
      manifest('DestinationPolicy', own, { ...policy, poolRef: { name: own } }),
    ]
  })
}
