/** What a condition says of an object. */
export interface Trouble {
  kind: string
  namespace: string
  name: string
  /** Of the condition. */
  type: string
  reason: string
}

type Remedy = (trouble: Trouble) => string

const edit: Remedy = ({ kind, namespace, name }) =>
  `change what the message names: kubectl edit -n ${namespace} ${kind.toLowerCase()} ${name}`
const pods =
  (component: string): Remedy =>
  ({ namespace, name }) =>
    `see why: kubectl describe -n ${namespace} deployment ${name}-${component}; kubectl logs -n ${namespace} deployment/${name}-${component}`
const dns: Remedy = ({ namespace, name }) =>
  `publish what kubectl postrider dns ${name} -n ${namespace} --zone prints; it is looked for again by itself`

const patchSender = ({ namespace, name }: Trouble, field: string, value: string): string =>
  `kubectl patch -n ${namespace} senderaddress ${name} --type=merge -p '{"spec":{"${field}":"${value}"}}'`
const giveBack: Remedy = (trouble) => `give back the code that was mailed last: ${patchSender(trouble, 'code', 'CODE')}`
const resend: Remedy = (trouble) => `ask for another code: ${patchSender(trouble, 'resend', 'a new text')}`

const toThePlatform: Remedy = ({ kind, namespace, name }) =>
  `make it in the namespace of the MailPlatform, and not here: kubectl delete -n ${namespace} ${kind.toLowerCase()} ${name}`

/** What to do, by kind, condition and reason. docs/kubernetes/troubleshooting.md says the same with more words. */
export const REMEDIES: Record<string, Remedy> = {
  'MailPlatform Accepted NotTheFirst': ({ namespace, name }) =>
    `one namespace has one MailPlatform: kubectl delete -n ${namespace} mailplatform ${name}, or the older one`,
  'MailPlatform Ready NotSeen': ({ namespace }) =>
    `wait some seconds; if it stays, see whether the operator runs, which looks only at its own namespace: kubectl get pods -n ${namespace} -l app.kubernetes.io/name=postrider,app.kubernetes.io/component=operator`,
  'MailPlatform BrokerReady Unreachable': ({ namespace }) =>
    `see why: kubectl describe -n ${namespace} pods -l app.kubernetes.io/component=broker; clients are answered 451 meanwhile and nothing accepted is lost`,
  'MailPlatform BrokerReady AccountsNotRead': ({ namespace }) =>
    `wait two minutes; if it stays, see what the broker says: kubectl logs -n ${namespace} -l app.kubernetes.io/component=broker`,
  'MailPlatform ConfigPublished NotPublished': () =>
    'the services go on with the last good configuration; mend what the message names, or the broker when that is away',
  'MailPlatform IngressReady NoPods': pods('ingress'),
  'MailPlatform IngressReady SomePods': pods('ingress'),
  'MailPlatform DeliveryReady NoPods': pods('delivery'),
  'MailPlatform DeliveryReady SomePods': pods('delivery'),
  'MailPlatform NotifierReady NoPods': pods('notifier'),
  'MailPlatform NotifierReady SomePods': pods('notifier'),
  'MailPlatform ApiReady NoPods': pods('api'),
  'MailPlatform ApiReady SomePods': pods('api'),
  'MailPlatform CertificateReady Missing': ({ namespace }) =>
    `make the Secret that is named there, with tls.crt and tls.key, or with ca.crt for tls.clientCA; where cert-manager makes it: kubectl describe -n ${namespace} certificate`,
  'MailPlatform CertificateReady Unreadable': () => 'put the PEM certificate and its chain into that key of the Secret',
  'MailPlatform CertificateReady Expired': ({ namespace }) =>
    `renew it: the new one is taken without a restart; where cert-manager does: kubectl describe -n ${namespace} certificate`,
  'MailPlatform CertificateReady ExpiresSoon': ({ namespace }) =>
    `renew it: the new one is taken without a restart; where cert-manager does: kubectl describe -n ${namespace} certificate`,
  'Deployment Available NoPods': ({ namespace, name }) =>
    `mail flows on, but no change is seen; see why: kubectl describe -n ${namespace} deployment ${name}; kubectl logs -n ${namespace} deployment/${name}`,
  'Domain Accepted NameTaken': ({ namespace, name }) =>
    `if the domain is yours: kubectl postrider dns ${name} -n ${namespace} --zone shows the record that proves it; else delete this Domain`,
  'SenderAddress Ready SendersNotAllowed': ({ namespace, name }) =>
    `delete it: kubectl delete -n ${namespace} senderaddress ${name}; who has that domain can send as the address from his own namespace`,
  'SenderAddress Ready NotVerified': ({ namespace, name }) =>
    `see its condition Verified: kubectl describe -n ${namespace} senderaddress ${name}`,
  'SenderAddress Verified CodePending': () =>
    'nothing, if it passes; codes wait while the broker is away, see kubectl postrider status -A',
  'SenderAddress Verified CodeSent': giveBack,
  'SenderAddress Verified WrongCode': giveBack,
  'SenderAddress Verified TooManyAttempts': resend,
  'SenderAddress Verified CodeExpired': resend,
  'SenderAddress Verified TooManyCodes': () => 'wait until then; it is sent by itself',
  'DeliveryPool Accepted NamespaceNotAllowed': toThePlatform,
  'DestinationPolicy Accepted NamespaceNotAllowed': toThePlatform,
}

/** What to do, by reason alone. */
export const BY_REASON: Record<string, Remedy> = {
  Invalid: edit,
  NamespaceNotAllowed: ({ namespace }) =>
    `ask who runs the platform to let spec.tenants.namespaces of the MailPlatform take in namespace ${namespace}`,
  SendersNotAllowed: ({ kind, namespace, name }) =>
    `an address of another domain needs that Domain in this namespace; else take it out of spec.allowedSenders: kubectl edit -n ${namespace} ${kind.toLowerCase()} ${name}`,
  NotVerified: dns,
  RecordMissing: dns,
  RecordDifferent: ({ namespace, name }) =>
    `kubectl postrider dns ${name} -n ${namespace} shows what is there instead; change that record, add no second one`,
  Overlapping: edit,
  NeverUsed: ({ namespace, name }) =>
    `delete it, or give it what no other policy has: kubectl edit -n ${namespace} destinationpolicy ${name}`,
  LookupFailed: () =>
    'nothing, if it passes; else see to the resolvers that spec.dns.resolvers of the MailPlatform names',
  DomainNotReady: ({ namespace }) => `see the Domain that the message names: kubectl get -n ${namespace} domains`,
  Suspended: ({ kind, namespace, name }) =>
    `kubectl postrider resume ${kind === 'Domain' ? 'domain' : 'credential'}/${name} -n ${namespace}`,
  LimitReached: ({ namespace }) =>
    `more is taken when a day has passed since the first of it; or raise messagesPerDay: kubectl get -n ${namespace} smtplimits`,
  NotSeen: () =>
    'wait some seconds; if it stays, see whether the operator runs: kubectl get pods -A -l app.kubernetes.io/name=postrider,app.kubernetes.io/component=operator',
  NoPlatform: () => 'apply a MailPlatform in the namespace that Postrider is installed in; docs/kubernetes says how',
}

/** What to do next about a condition that is not well, as one line. Pure. */
export function remedyFor(trouble: Trouble): string {
  const known = REMEDIES[`${trouble.kind} ${trouble.type} ${trouble.reason}`] ?? BY_REASON[trouble.reason]
  const { kind, namespace, name } = trouble
  return known?.(trouble) ?? `see kubectl describe -n ${namespace} ${kind.toLowerCase()} ${name}`
}
