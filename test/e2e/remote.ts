import { apply, ask, get, kubectl } from './kube.ts'
import { deployed, nodeProgram, programs } from './pod-shapes.ts'

/** The rest of the world, in a namespace: a remote mail server, and a DNS server that knows it by MX records. */
export const REMOTE = 'remote'

export interface TxtRecord {
  type: string
  name: string
  value: string
}

export interface Taken {
  from: string
  to: string[]
  at: number
  content: string
}

export interface Remote {
  /** Address of the DNS server. */
  resolver: string
  /** Puts records into the DNS; what was there of an earlier call stays. */
  publish(records: TxtRecord[]): Promise<void>
  /** The mail that it took, but for the load's. */
  taken(): Promise<Taken[]>
  /** How often each message of the load came. */
  counts(): Promise<Map<string, number>>
  /** The 4xx and 5xx it gave. */
  answers(): Promise<{ to: string; code: number; at: number }[]>
}

/** Domains whose mail the sink takes; example.org's is for the notices. */
export const DOMAINS = ['take.test', 'later.test', 'refuse.test', 'example.org', 'example.net']

export async function startRemote(image: string, dnsImage: string): Promise<Remote> {
  await apply([
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: REMOTE } },
    programs(REMOTE),
    ...nodeProgram('sink', REMOTE, image, [{ name: 'smtp', port: 25, targetPort: 2525 }]),
  ])
  const address = async (service: string): Promise<string> =>
    (await get<{ spec: { clusterIP: string } }>('service', service, '-n', REMOTE)).spec.clusterIP
  const sink = await address('sink')
  const published = new Map<string, TxtRecord>()
  const zone = (): string =>
    [
      `. 60 IN SOA ns.test. hostmaster.test. ${Math.floor(Date.now() / 1000)} 60 60 60 2`,
      '. 60 IN NS ns.test.',
      `mx.take.test. 2 IN A ${sink}`,
      ...DOMAINS.map((domain) => `${domain}. 2 IN MX 10 mx.take.test.`),
      ...[...published.values()].map(({ name, type, value }) => `${name}. 2 IN ${type} ${quoted(type, value)}`),
      '',
    ].join('\n')
  const config = (): object => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'dns', namespace: REMOTE },
    data: { Corefile: '.:5353 {\n  errors\n  file /etc/coredns/zone .\n}\n', zone: zone() },
  })
  await apply([
    config(),
    ...deployed({
      name: 'dns',
      namespace: REMOTE,
      image: dnsImage,
      command: ['/coredns', '-conf', '/etc/coredns/Corefile'],
      ports: [
        { name: 'dns', port: 53, targetPort: 5353, protocol: 'UDP' },
        { name: 'dns-tcp', port: 53, targetPort: 5353, protocol: 'TCP' },
      ],
      mounts: [{ name: 'config', mountPath: '/etc/coredns', volume: { configMap: { name: 'dns' } } }],
      readinessPort: 5353,
    }),
  ])
  for (const name of ['sink', 'dns'])
    await kubectl('rollout', 'status', `deployment/${name}`, '-n', REMOTE, '--timeout=120s')
  return {
    resolver: await address('dns'),
    async publish(records) {
      for (const record of records) published.set(`${record.type} ${record.name}`, record)
      await apply([config()])
      // A new pod has the new zone at once; the files of a running one follow within a minute or so.
      await kubectl('rollout', 'restart', 'deployment/dns', '-n', REMOTE)
      await kubectl('rollout', 'status', 'deployment/dns', '-n', REMOTE, '--timeout=60s')
    },
    counts: async () => new Map(Object.entries(await ask<Record<string, number>>('remote', 'sink', 'GET', '/counts'))),
    taken: () => ask('remote', 'sink', 'GET', '/taken'),
    answers: () => ask('remote', 'sink', 'GET', '/answers'),
  }
}

/** A string of a TXT record holds 255 octets. */
const quoted = (type: string, value: string): string =>
  type === 'TXT' ? (value.match(/.{1,255}/g) ?? ['']).map((part) => `"${part}"`).join(' ') : value
