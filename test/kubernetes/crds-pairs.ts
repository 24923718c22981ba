import type { Kind } from '@postrider/resources/kinds'

/** What keeps a rule, and what breaks it and no other. A list is a history: only its last spec is judged, the others come before. */
export interface Pair {
  good: Sample
  bad: Sample
}

export type Sample = Spec | [before: Spec, after: Spec] | { name: string; spec: Spec }
type Spec = Record<string, unknown> & { name?: never }

/** The least that each kind takes. */
export const LEAST: Record<Kind, Spec> = {
  MailPlatform: { hostName: 'mail.example.test' },
  Domain: { domainName: 'example.test' },
  SMTPCredential: { address: 'app@example.test', domainRef: { name: 'example' } },
  SMTPLimit: {},
  SenderAddress: { address: 'boss@elsewhere.test', domainRef: { name: 'example' } },
  DeliveryPool: {},
  DestinationPolicy: {},
}

const platform = (more: object): Spec => ({ ...LEAST.MailPlatform, ...more })
const credential = (more: object): Spec => ({ ...LEAST.SMTPCredential, ...more })
const listeners = (...given: object[]): Spec => platform({ ingress: { listeners: given } })
const resolver = (...given: string[]): Spec => platform({ dns: { resolvers: given } })
const HASH = '$scrypt$ln=14,r=8,p=1$c2FsdA$aGFzaA'

const nameOf = (kind: Kind, good: string, bad: string): Pair => ({
  good: { name: good, spec: LEAST[kind] },
  bad: { name: bad, spec: LEAST[kind] },
})
const NAME = 'metadata.name must be lower-case letters, digits and hyphens, without dots'

/** Of what is asked for and what is the most, at ingress, delivery, notifier or api. */
const amounts = (part: string, name: 'cpu' | 'memory', less: string, more: string): Pair => {
  const of = (requests: string, limits: string): Spec =>
    platform({ [part]: { resources: { requests: { [name]: requests }, limits: { [name]: limits } } } })
  return { good: of(less, more), bad: of(more, less) }
}
const autoscaled = (part: string): Record<string, Pair> => {
  const of = (min: number, max: number, requests: object): Spec =>
    platform({ [part]: { autoscaling: { minReplicas: min, maxReplicas: max }, resources: { requests } } })
  return {
    [`spec.${part}: autoscaling requires resources.requests.cpu`]: {
      good: of(1, 3, { cpu: '100m' }),
      bad: of(1, 3, { memory: '64Mi' }),
    },
    [`spec.${part}.autoscaling: minReplicas must not be more than maxReplicas`]: {
      good: of(3, 3, { cpu: '100m' }),
      bad: of(4, 3, { cpu: '100m' }),
    },
  }
}
const resources = (part: string): Record<string, Pair> => ({
  [`spec.${part}.resources: requests.cpu must not be more than limits.cpu`]: amounts(part, 'cpu', '900m', '1'),
  // Texts in the wrong order, and quantities in the right one.
  [`spec.${part}.resources: requests.memory must not be more than limits.memory`]: amounts(
    part,
    'memory',
    '900Mi',
    '1Gi',
  ),
})

const NETWORK = 'must be a network such as 10.0.0.0/8 or 2001:db8::/32'
const trusted = (more: object): object => ({ mode: 'TrustedNetworks', port: 2525, ...more })
const WHOLE = { networks: ['10.0.0.0/8', '2001:db8::/32'], credential: 'relay@example.test' }

const certificate = (path: string, of: (given: object) => Spec): Record<string, Pair> => ({
  [`${path}: certificateFile and keyFile must be given together`]: {
    good: of({ certificateFile: 'a.pem', keyFile: 'a.key' }),
    bad: of({ certificateFile: 'a.pem' }),
  },
  [`${path}: give only one of secretName (Kubernetes) and certificateFile (standalone)`]: {
    good: of({ secretName: 'mail-tls' }),
    bad: of({ secretName: 'mail-tls', certificateFile: 'a.pem', keyFile: 'a.key' }),
  },
})
const mutual = (tls: object, listener: object = { mode: 'ImplicitTLS' }): Spec =>
  platform({ ingress: { tls, listeners: [{ port: 1465, clientCertificate: 'Required', ...listener }] } })
const furtherCertificate = (given: object): Spec => platform({ ingress: { tls: { further: [given] } } })

/** Of the Service of ingress or api. */
const ranges = (part: string): Record<string, Pair> => {
  const of = (type: string, range: string): Spec =>
    platform({ [part]: { service: { type, loadBalancerSourceRanges: [range] } } })
  return {
    [`spec.${part}.service: loadBalancerSourceRanges has an effect only with type LoadBalancer`]: {
      good: of('LoadBalancer', '10.0.0.0/8'),
      bad: of('NodePort', '10.0.0.0/8'),
    },
    [`spec.${part}.service.loadBalancerSourceRanges[]: ${NETWORK}`]: {
      good: of('LoadBalancer', '2001:db8::/32'),
      bad: of('LoadBalancer', '10.0.0.0'),
    },
  }
}

/** By kind, and path and message of each rule in the CRDs. */
export const PAIRS: Record<Kind, Record<string, Pair>> = {
  MailPlatform: {
    ': metadata.name must be lower-case letters, digits and hyphens, beginning with a letter': nameOf(
      'MailPlatform',
      'mail-2',
      '2-mail',
    ),
    [`spec.delivery.internalNetworks[]: ${NETWORK}`]: {
      good: { ...LEAST.MailPlatform, delivery: { internalNetworks: ['10.0.0.0/8', '2001:db8::/32'] } },
      bad: { ...LEAST.MailPlatform, delivery: { internalNetworks: ['ten'] } },
    },
    ...autoscaled('ingress'),
    ...autoscaled('delivery'),
    ...resources('ingress'),
    ...resources('delivery'),
    ...resources('notifier'),
    ...resources('api'),
    'spec.api: port and httpPort must differ': {
      good: platform({ api: { port: 8443, httpPort: 8080 } }),
      bad: platform({ api: { port: 8443, httpPort: 8443 } }),
    },
    ...certificate('spec.ingress.tls', (given) => platform({ ingress: { tls: given } })),
    ...certificate('spec.ingress.tls.further[]', furtherCertificate),
    'spec.ingress.tls.clientCA: give exactly one of secretName (Kubernetes) and certificateFile (standalone)': {
      good: platform({ ingress: { tls: { clientCA: { secretName: 'clients' } } } }),
      bad: platform({ ingress: { tls: { clientCA: {} } } }),
    },
    'spec.ingress: a listener with clientCertificate requires tls.clientCA': {
      good: mutual({ clientCA: { secretName: 'clients' } }),
      bad: mutual({ secretName: 'mail-tls' }),
    },
    'spec.ingress.listeners[]: clientCertificate is only for listeners with a login': {
      good: mutual({ clientCA: { secretName: 'clients' } }),
      bad: mutual({ clientCA: { secretName: 'clients' } }, { mode: 'TrustedNetworks', ...WHOLE }),
    },
    'spec.ingress.tls.further[]: either secretName, or certificateFile and keyFile, is required': {
      good: furtherCertificate({ secretName: 'mail-tls' }),
      bad: furtherCertificate({}),
    },
    'spec.ingress.listeners: two listeners must not have the same port': {
      good: listeners(
        { mode: 'ImplicitTLS', port: 1465, address: '127.0.0.1' },
        { mode: 'STARTTLS', port: 1465, address: '127.0.0.2' },
      ),
      bad: listeners({ mode: 'ImplicitTLS', port: 1465 }, { mode: 'STARTTLS', port: 1465 }),
    },
    'spec.ingress.listeners: two listeners must not have the same Service port; give one of them another servicePort': {
      good: listeners(
        { mode: 'STARTTLS', port: 1587 },
        { mode: 'STARTTLS', port: 2587, servicePort: 2587 },
        trusted(WHOLE),
      ),
      // 587 by its mode, and 587 by name.
      bad: listeners({ mode: 'STARTTLS', port: 1587 }, { mode: 'ImplicitTLS', port: 1465, servicePort: 587 }),
    },
    'spec.ingress.listeners[]: TrustedNetworks requires networks; without them no client could connect': {
      good: listeners(trusted(WHOLE)),
      bad: listeners(trusted({ credential: 'relay@example.test' })),
    },
    'spec.ingress.listeners[]: TrustedNetworks requires credential, whose permissions and limits apply': {
      good: listeners(trusted(WHOLE)),
      bad: listeners(trusted({ networks: ['10.0.0.0/8'] })),
    },
    'spec.ingress.listeners[]: networks and credential have an effect only with mode TrustedNetworks': {
      good: listeners({ mode: 'STARTTLS', port: 1587 }),
      bad: listeners({ mode: 'STARTTLS', port: 1587, networks: ['10.0.0.0/8'] }),
    },
    [`spec.ingress.listeners[].networks[]: ${NETWORK}`]: {
      good: listeners(trusted(WHOLE)),
      bad: listeners(trusted({ ...WHOLE, networks: ['10.0.0.0/33'] })),
    },
    [`spec.ingress.listeners[].proxyProtocol.trusted[]: ${NETWORK}`]: {
      good: listeners({ mode: 'ImplicitTLS', port: 1465, proxyProtocol: { trusted: ['10.0.0.0/8'] } }),
      bad: listeners({ mode: 'ImplicitTLS', port: 1465, proxyProtocol: { trusted: ['10.0.0.0'] } }),
    },
    ...ranges('ingress'),
    ...ranges('api'),
    'spec.tenants.namespaces: selector is required with from: Selector, and not allowed otherwise': {
      good: platform({ tenants: { namespaces: { from: 'Selector', selector: { matchLabels: { mail: 'yes' } } } } }),
      bad: platform({ tenants: { namespaces: { from: 'Selector' } } }),
    },
    'spec.tenants.namespaces: selector.matchLabels must not be empty; use from: All for all namespaces': {
      good: platform({ tenants: { namespaces: { from: 'All' } } }),
      bad: platform({ tenants: { namespaces: { from: 'Selector', selector: { matchLabels: {} } } } }),
    },
    'spec.verification.recheck: recheck must be at least 1s': {
      good: platform({ verification: { recheck: '1000ms' } }),
      bad: platform({ verification: { recheck: '999ms' } }),
    },
    'spec.scanning.holdFor: holdFor must be at most 90d': {
      good: platform({ scanning: { holdFor: '90d' } }),
      bad: platform({ scanning: { holdFor: '2161h' } }),
    },
    'spec.dns.resolvers[]: must be an IP address, optionally with :port (default 53)': {
      good: resolver('192.0.2.1', '192.0.2.1:5353', '2001:db8::1', '[2001:db8::1]', '[2001:db8::1]:5353'),
      bad: resolver('192.0.2.256:53'),
    },
    'spec.retry: maxDelay must not be shorter than firstDelay': {
      good: platform({ retry: { firstDelay: '90s', maxDelay: '2m' } }),
      // Shorter in its number only would pass a comparison of texts.
      bad: platform({ retry: { firstDelay: '3d', maxDelay: '71h' } }),
    },
    'spec.broker.shards: shards can be increased, never decreased; the mail in a removed stream would be lost': {
      good: [platform({ broker: { shards: 2 } }), platform({ broker: { shards: 3 } })],
      bad: [platform({ broker: { shards: 3 } }), platform({ broker: { shards: 2 } })],
    },
  },
  Domain: {
    [`: ${NAME}`]: nameOf('Domain', '1-shop', 'shop.example'),
    'spec.domainName: domainName cannot be changed; create another Domain': {
      good: [LEAST.Domain, { ...LEAST.Domain, state: 'Suspended' }],
      bad: [LEAST.Domain, { domainName: 'other.test' }],
    },
    'spec.dkim.algorithms: must not list an algorithm twice': {
      good: { ...LEAST.Domain, dkim: { algorithms: ['Ed25519', 'RSA2048'] } },
      bad: { ...LEAST.Domain, dkim: { algorithms: ['RSA2048', 'RSA2048'] } },
    },
  },
  SMTPCredential: {
    [`: ${NAME}`]: nameOf('SMTPCredential', '1-app', 'app.shop'),
    'spec: secretName is only for a generated password; with passwordHashes there is no Secret': {
      good: credential({ secretName: 'app-login' }),
      bad: credential({ secretName: 'app-login', passwordHashes: [HASH] }),
    },
    'spec: rotation.request is only for a generated password; change passwordHashes instead': {
      good: credential({ rotation: { request: 'may' } }),
      bad: credential({ rotation: { request: 'may' }, passwordHashes: [HASH] }),
    },
    'spec.address: address cannot be changed; create another SMTPCredential': {
      good: [LEAST.SMTPCredential, credential({ state: 'Suspended' })],
      bad: [LEAST.SMTPCredential, credential({ address: 'other@example.test' })],
    },
    'spec.domainRef: domainRef cannot be changed; create another SMTPCredential': {
      good: [LEAST.SMTPCredential, credential({ limitRef: { name: 'few' } })],
      bad: [LEAST.SMTPCredential, credential({ domainRef: { name: 'other' } })],
    },
  },
  SMTPLimit: { [`: ${NAME}`]: nameOf('SMTPLimit', '1-few', 'few.shop') },
  SenderAddress: {
    [`: ${NAME}`]: nameOf('SenderAddress', '1-boss', 'boss.shop'),
    'spec.domainRef: domainRef cannot be changed; create another SenderAddress': {
      good: [LEAST.SenderAddress, { ...LEAST.SenderAddress, address: 'chief@elsewhere.test', code: 'abc' }],
      bad: [LEAST.SenderAddress, { ...LEAST.SenderAddress, domainRef: { name: 'other' } }],
    },
  },
  DeliveryPool: {
    [`: ${NAME}`]: nameOf('DeliveryPool', '1-pool', 'pool.eu'),
    'spec.addresses[]: must be an IPv4 or IPv6 address': {
      good: { addresses: ['192.0.2.1', '2001:db8::1'] },
      bad: { addresses: ['192.0.2.1/24'] },
    },
  },
  DestinationPolicy: { [`: ${NAME}`]: nameOf('DestinationPolicy', '1-policy', 'example.org') },
}
