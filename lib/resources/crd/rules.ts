import type { Kind } from '../kinds.ts'
import type { StructuralNode } from './structural.ts'

/** A validation rule in CEL; `oldSelf` makes it a transition rule. The API server bounds the worst-case cost of a rule, so lists and
 * strings that a rule reads need a maximum length in the schema. */
export interface Rule {
  rule: string
  message: string
  /** `oldSelf` is an optional value, empty when the object is created. */
  optionalOldSelf?: true
}

/** CEL for a duration in milliseconds; the duration type of CEL has no unit for days. */
const ms = (field: string): string =>
  `int(${field}.find('[0-9]+')) * (${field}.endsWith('ms') ? 1 : ${field}.endsWith('s') ? 1000 : ${field}.endsWith('m') ? 60000 : ${field}.endsWith('h') ? 3600000 : 86400000)`

const AUTOSCALING: Rule[] = [
  { rule: 'self.minReplicas <= self.maxReplicas', message: 'minReplicas must not be more than maxReplicas' },
]
const AUTOSCALED: Rule[] = [
  {
    rule: '!has(self.autoscaling) || has(self.resources.requests.cpu) || has(self.resources.limits.cpu)',
    message: 'autoscaling requires resources.requests.cpu',
  },
]
const RESOURCES: Rule[] = (['cpu', 'memory'] as const).map((name) => ({
  rule: `!has(self.requests.${name}) || !has(self.limits.${name}) || quantity(self.requests.${name}).compareTo(quantity(self.limits.${name})) <= 0`,
  message: `requests.${name} must not be more than limits.${name}`,
}))

const CERTIFICATE: Rule[] = [
  {
    rule: 'has(self.certificateFile) == has(self.keyFile)',
    message: 'certificateFile and keyFile must be given together',
  },
  {
    rule: '!(has(self.secretName) && has(self.certificateFile))',
    message: 'give only one of secretName (Kubernetes) and certificateFile (standalone)',
  },
]

const SERVICE: Rule[] = [
  {
    rule: "self.type == 'LoadBalancer' || size(self.loadBalancerSourceRanges) == 0",
    message: 'loadBalancerSourceRanges has an effect only with type LoadBalancer',
  },
]

/** CEL for the Service port of a listener, as the operator chooses it. */
const servicePort = (listener: string): string =>
  `(has(${listener}.servicePort) ? ${listener}.servicePort : ${listener}.mode == 'ImplicitTLS' ? 465 : ${listener}.mode == 'STARTTLS' ? 587 : 25)`

/** Rules that a schema cannot express, by kind and path within spec; `x[]` is every item of x, '' is spec itself. */
const RULES: Partial<Record<Kind, Record<string, Rule[]>>> = {
  MailPlatform: {
    ingress: [
      ...AUTOSCALED,
      {
        rule: "self.listeners.all(l, l.clientCertificate == 'None') || (has(self.tls) && has(self.tls.clientCA))",
        message: 'a listener with clientCertificate requires tls.clientCA',
      },
    ],
    'ingress.tls.clientCA': [
      {
        rule: 'has(self.secretName) != has(self.certificateFile)',
        message: 'give exactly one of secretName (Kubernetes) and certificateFile (standalone)',
      },
    ],
    'ingress.tls': CERTIFICATE,
    'ingress.tls.further[]': [
      ...CERTIFICATE,
      {
        rule: 'has(self.secretName) || has(self.certificateFile)',
        message: 'either secretName, or certificateFile and keyFile, is required',
      },
    ],
    api: [{ rule: 'self.port != self.httpPort', message: 'port and httpPort must differ' }],
    'api.resources': RESOURCES,
    'ingress.autoscaling': AUTOSCALING,
    'ingress.resources': RESOURCES,
    'ingress.listeners': [
      {
        rule: 'self.all(a, self.exists_one(b, a.port == b.port && a.address == b.address))',
        message: 'two listeners must not have the same port',
      },
      {
        rule: `self.all(a, self.exists_one(b, ${servicePort('a')} == ${servicePort('b')}))`,
        message: 'two listeners must not have the same Service port; give one of them another servicePort',
      },
    ],
    'ingress.listeners[]': [
      {
        rule: "self.mode != 'TrustedNetworks' || size(self.networks) > 0",
        message: 'TrustedNetworks requires networks; without them no client could connect',
      },
      {
        rule: "self.mode != 'TrustedNetworks' || has(self.credential)",
        message: 'TrustedNetworks requires credential, whose permissions and limits apply',
      },
      {
        rule: "self.mode == 'TrustedNetworks' || (size(self.networks) == 0 && !has(self.credential))",
        message: 'networks and credential have an effect only with mode TrustedNetworks',
      },
      {
        rule: "self.mode != 'TrustedNetworks' || self.clientCertificate == 'None'",
        message: 'clientCertificate is only for listeners with a login',
      },
    ],
    'ingress.service': SERVICE,
    'api.service': SERVICE,
    delivery: AUTOSCALED,
    'delivery.autoscaling': AUTOSCALING,
    'delivery.resources': RESOURCES,
    'notifier.resources': RESOURCES,
    'broker.shards': [
      {
        rule: 'self >= oldSelf',
        message: 'shards can be increased, never decreased; the mail in a removed stream would be lost',
      },
    ],
    'dns.resolvers[]': [
      {
        rule: "isIP(self.startsWith('[') ? self.substring(1, self.indexOf(']')) : self.contains('.') ? self.split(':')[0] : self)",
        message: 'must be an IP address, optionally with :port (default 53)',
      },
    ],
    retry: [
      {
        rule: `${ms('self.maxDelay')} >= ${ms('self.firstDelay')}`,
        message: 'maxDelay must not be shorter than firstDelay',
      },
    ],
    'tenants.namespaces': [
      {
        rule: "has(self.selector) == (self.from == 'Selector')",
        message: 'selector is required with from: Selector, and not allowed otherwise',
      },
      {
        rule: '!has(self.selector) || size(self.selector.matchLabels) > 0',
        message: 'selector.matchLabels must not be empty; use from: All for all namespaces',
      },
    ],
    'scanning.holdFor': [{ rule: `${ms('self')} <= 7776000000`, message: 'holdFor must be at most 90d' }],
    'verification.recheck': [{ rule: `${ms('self')} >= 1000`, message: 'recheck must be at least 1s' }],
  },
  Domain: {
    domainName: [{ rule: 'self == oldSelf', message: 'domainName cannot be changed; create another Domain' }],
    'dkim.algorithms': [{ rule: 'size(self) < 2 || self[0] != self[1]', message: 'must not list an algorithm twice' }],
  },
  SMTPCredential: {
    '': [
      {
        rule: '!has(self.secretName) || size(self.passwordHashes) == 0',
        message: 'secretName is only for a generated password; with passwordHashes there is no Secret',
      },
      {
        rule: '!has(self.rotation.request) || size(self.passwordHashes) == 0',
        message: 'rotation.request is only for a generated password; change passwordHashes instead',
      },
    ],
    address: [{ rule: 'self == oldSelf', message: 'address cannot be changed; create another SMTPCredential' }],
    domainRef: [{ rule: 'self == oldSelf', message: 'domainRef cannot be changed; create another SMTPCredential' }],
  },
  SenderAddress: {
    domainRef: [{ rule: 'self == oldSelf', message: 'domainRef cannot be changed; create another SenderAddress' }],
  },
}

/** A rule for metadata.name. It applies to new objects only: a name cannot be changed, so an older object with an invalid name could
 * never be written again, not even its status. */
const nameRule = (pattern: string, message: string): Rule => ({
  rule: `oldSelf.hasValue() || self.metadata.name.matches('${pattern}')`,
  message: `metadata.name must be ${message}`,
  optionalOldSelf: true,
})
/** The name of a Service begins with the platform's name, and Services have stricter rules for names. */
const PLATFORM_NAME = nameRule(
  '^[a-z]([a-z0-9-]*[a-z0-9])?$',
  'lower-case letters, digits and hyphens, beginning with a letter',
)
const NAME = nameRule('^[a-z0-9]([a-z0-9-]*[a-z0-9])?$', 'lower-case letters, digits and hyphens, without dots')

/** The limits on names of a kind: those for metadata.name in files, although Kubernetes would allow more. */
export const nameLimits = (kind: Kind): { maxLength: number; rule: Rule } =>
  kind === 'MailPlatform' ? { maxLength: 50, rule: PLATFORM_NAME } : { maxLength: 63, rule: NAME }

/** Adds the rules of a kind to the schema of its spec. */
export function addRules(kind: Kind, spec: StructuralNode): void {
  for (const [path, rules] of Object.entries(RULES[kind] ?? {})) {
    const node = path === '' ? spec : path.split('.').reduce<StructuralNode | undefined>(below, spec)
    if (node === undefined) throw new Error(`${kind} has no ${path}`)
    node['x-kubernetes-validations'] = [...(node['x-kubernetes-validations'] ?? []), ...rules]
  }
}

function below(node: StructuralNode | undefined, name: string): StructuralNode | undefined {
  return name.endsWith('[]') ? node?.properties?.[name.slice(0, -2)]?.items : node?.properties?.[name]
}
