import type { Broker } from '@postrider/broker/connection'
import type { Taken } from '@postrider/queue/take'
import type { PolicyConfig, PoolConfig, RuntimeConfig } from '@postrider/runtime-config/config'
import { freePort } from './ports.ts'
import { createAttempt } from '../../services/delivery/attempt.ts'
import type { DnsResolver } from '../../services/delivery/route/resolver.ts'
import type { Later } from '../../services/delivery/site/schedule.ts'
import { SITE_TIMES } from '../../services/delivery/site/site.ts'
import { createSites } from '../../services/delivery/site/sites.ts'
import type { TransactionOutcome } from '../../services/delivery/transaction/outcome.ts'
import { envelopeTo } from './envelope.ts'
import { TIMEOUTS } from './receiver/client.ts'
import { startReceiver } from './receiver/receiver.ts'
import type { Receiver, ReceiverOptions } from './receiver/receiver.ts'

/** Mail servers on loopback addresses, all on one port, and the DNS that names them. */
export interface MailWorld {
  port: number
  /** A new server; its address by default is the next of 127.0.0.2, .3 ... */
  host(options?: ReceiverOptions): Promise<Receiver>
  /** An address at which nobody listens. */
  deadAddress(): string
  /** `mx.a.test` -> its addresses. */
  addresses: Map<string, string[]>
  /** `a.test` -> its MX records, best first or not. */
  mx: Map<string, [preference: number, host: string][]>
  /** Names whose lookup fails for now. */
  troubled: Set<string>
  policies: PolicyConfig[]
  pools: Map<string, PoolConfig>
  platform: Partial<RuntimeConfig['platform']>
  /** Moves the clock of the sites forward. */
  pass(ms: number): void
  /** One attempt at a message for this address. */
  attempt(
    to: string,
    given?: { id?: string; attempt?: number; size?: number; requireTls?: boolean },
  ): Promise<Attempted>
  stop(): Promise<void>
}

export type Attempted = TransactionOutcome | Later

export async function startMailWorld(): Promise<MailWorld> {
  const port = await freePort()
  const receivers: Receiver[] = []
  let last = 1
  let clock = 0
  let messages = 0
  const { addresses, mx, troubled } = {
    addresses: new Map<string, string[]>(),
    mx: new Map<string, [number, string][]>(),
    troubled: new Set<string>(),
  }
  const answer = <T>(name: string, records: T[] | undefined) =>
    troubled.has(name)
      ? { none: 'trouble' as const, detail: 'ESERVFAIL' }
      : records === undefined
        ? { none: 'no-such-domain' as const, detail: 'the domain does not exist' }
        : { records }
  const resolver: DnsResolver = {
    mx: async (domain) =>
      answer(
        domain,
        mx.get(domain)?.map(([priority, exchange]) => ({ priority, exchange })),
      ),
    addresses: async (name) => answer(name, addresses.get(name)),
  }
  const policies: PolicyConfig[] = []
  const pools = new Map<string, PoolConfig>()
  const platform: MailWorld['platform'] = {}
  const config = (): RuntimeConfig =>
    ({
      platform: { smtpPort: port, hostName: 'mail.us.test', timeouts: TIMEOUTS, resolvers: [], ...platform },
      policies,
      pools,
    }) as unknown as RuntimeConfig
  const now = (): number => performance.now() + clock
  const sites = createSites(() => SITE_TIMES, now)
  const attempt = createAttempt({
    broker: {} as Broker,
    config,
    resolver: () => resolver,
    sites,
    cancellations: { has: () => false },
    ambiguous: () => undefined,
  })
  return {
    port,
    addresses,
    mx,
    troubled,
    policies,
    pools,
    platform,
    async host(options = {}) {
      const receiver = await startReceiver({ host: `127.0.0.${++last}`, port, ...options })
      receivers.push(receiver)
      return receiver
    },
    deadAddress: () => `127.0.0.${++last}`,
    pass(ms) {
      clock += ms
    },
    async attempt(to, { id = `m${++messages}`, attempt: made = 0, ...given } = {}) {
      const first = Buffer.from('Subject: hello\r\n\r\nhello\r\n')
      const job = {
        envelope: envelopeTo([to].flat(), { id, ...given }),
        part: 0,
        attempt: made,
        destination: to.slice(to.lastIndexOf('@') + 1),
        content: { parts: [] },
      }
      const held = {
        over: false,
        begin: () => true,
        content: () => undefined,
        finalDot: () => Promise.resolve(true),
        onCut: () => () => undefined,
      }
      const outcome = await attempt({ job, first, suspect: false, deliveries: 1, ...held } as unknown as Taken, () =>
        Promise.resolve([]),
      )
      if ('letGo' in outcome) throw new Error('unreachable: nobody takes the job away')
      return outcome
    },
    async stop() {
      sites.close()
      for (const receiver of receivers) await receiver.close()
    },
  }
}
