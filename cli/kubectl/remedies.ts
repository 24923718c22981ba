/** A condition of an object. */
export interface Trouble {
  kind: string
  namespace: string
  name: string
  /** Type of the condition. */
  type: string
  reason: string
}

type Remedy = (trouble: Trouble) => string

const edit: Remedy = ({ kind, namespace, name }) =>
  `correct the field that the message names: kubectl edit -n ${namespace} ${kind.toLowerCase()} ${name}`
const pods =
  (component: string): Remedy =>
  ({ namespace, name }) =>
    `see why: kubectl describe -n ${namespace} deployment ${name}-${component}; kubectl logs -n ${namespace} deployment/${name}-${component}`
const dns: Remedy = ({ namespace, name }) =>
  `publish what kubectl postrider dns ${name} -n ${namespace} --zone prints; the operator checks again by itself`

const patchSender = ({ namespace, name }: Trouble, field: string, value: string): string =>
  `kubectl patch -n ${namespace} senderaddress ${name} --type=merge -p '{"spec":{"${field}":"${value}"}}'`
const giveBack: Remedy = (trouble) =>
  `enter the code from the most recent mail: ${patchSender(trouble, 'code', 'CODE')}`
const resend: Remedy = (trouble) => `request another code: ${patchSender(trouble, 'resend', 'a new value')}`

const toThePlatform: Remedy = ({ kind, namespace, name }) =>
  `create it in the namespace of the MailPlatform and delete it here: kubectl delete -n ${namespace} ${kind.toLowerCase()} ${name}`

/** What to do, by kind, condition and reason. docs/kubernetes/troubleshooting.md says the same in more detail. */
export const REMEDIES: Record<string, Remedy> = {
  'MailPlatform Accepted OlderPlatformExists': ({ namespace, name }) =>
    `a namespace can have only one MailPlatform: kubectl delete -n ${namespace} mailplatform ${name} (or delete the older one)`,
  'MailPlatform Ready NotObserved': ({ namespace }) =>
    `wait a few seconds; if it stays, check that the operator is running (it watches only its own namespace): kubectl get pods -n ${namespace} -l app.kubernetes.io/name=postrider,app.kubernetes.io/component=operator`,
  'MailPlatform BrokerReady Unreachable': ({ namespace }) =>
    `see why: kubectl describe -n ${namespace} pods -l app.kubernetes.io/component=broker; meanwhile clients are answered 451, and no accepted mail is lost`,
  'MailPlatform BrokerReady AccountsNotLoaded': ({ namespace }) =>
    `wait two minutes; if it stays, read the broker's log: kubectl logs -n ${namespace} -l app.kubernetes.io/component=broker`,
  'MailPlatform ConfigPublished NotPublished': () =>
    'the services keep the last valid configuration; fix what the message names, or the broker if it cannot be reached',
  'MailPlatform IngressReady NoPods': pods('ingress'),
  'MailPlatform IngressReady SomePods': pods('ingress'),
  'MailPlatform DeliveryReady NoPods': pods('delivery'),
  'MailPlatform DeliveryReady SomePods': pods('delivery'),
  'MailPlatform NotifierReady NoPods': pods('notifier'),
  'MailPlatform NotifierReady SomePods': pods('notifier'),
  'MailPlatform ApiReady NoPods': pods('api'),
  'MailPlatform ApiReady SomePods': pods('api'),
  'MailPlatform CertificateReady Missing': ({ namespace }) =>
    `create the Secret that the message names, with tls.crt and tls.key (or ca.crt, for tls.clientCA); if cert-manager creates it: kubectl describe -n ${namespace} certificate`,
  'MailPlatform CertificateReady Unreadable': () => 'put the PEM certificate and its chain into that key of the Secret',
  'MailPlatform CertificateReady Expired': ({ namespace }) =>
    `renew the certificate; the new one is used without a restart; if cert-manager renews it: kubectl describe -n ${namespace} certificate`,
  'MailPlatform CertificateReady ExpiresSoon': ({ namespace }) =>
    `renew the certificate; the new one is used without a restart; if cert-manager renews it: kubectl describe -n ${namespace} certificate`,
  'Deployment Available NoPods': ({ namespace, name }) =>
    `mail keeps flowing, but changes have no effect; see why: kubectl describe -n ${namespace} deployment ${name}; kubectl logs -n ${namespace} deployment/${name}`,
  'Domain Accepted NameTaken': ({ namespace, name }) =>
    `if the domain is yours: kubectl postrider dns ${name} -n ${namespace} --zone shows the record that proves it; otherwise delete this Domain`,
  'SenderAddress Ready SendersNotAllowed': ({ namespace, name }) =>
    `delete it: kubectl delete -n ${namespace} senderaddress ${name}; the owner of that domain can send as the address from their own namespace`,
  'SenderAddress Ready NotVerified': ({ namespace, name }) =>
    `see its condition Verified: kubectl describe -n ${namespace} senderaddress ${name}`,
  'SenderAddress Verified CodePending': () =>
    'none if it clears by itself; codes wait while the broker cannot be reached, see kubectl postrider status -A',
  'SenderAddress Verified CodeSent': giveBack,
  'SenderAddress Verified WrongCode': giveBack,
  'SenderAddress Verified TooManyAttempts': resend,
  'SenderAddress Verified CodeExpired': resend,
  'SenderAddress Verified TooManyCodes': () => 'none; the code is sent automatically at that time',
  'DeliveryPool Accepted NamespaceNotAllowed': toThePlatform,
  'DestinationPolicy Accepted NamespaceNotAllowed': toThePlatform,
}

/** What to do, by reason alone. */
export const BY_REASON: Record<string, Remedy> = {
  Invalid: edit,
  NamespaceNotAllowed: ({ namespace }) =>
    `ask the administrator of the platform to extend spec.tenants.namespaces of the MailPlatform to namespace ${namespace}`,
  SendersNotAllowed: ({ kind, namespace, name }) =>
    `an address of another domain needs that Domain in this namespace; otherwise remove it from spec.allowedSenders: kubectl edit -n ${namespace} ${kind.toLowerCase()} ${name}`,
  NotVerified: dns,
  RecordMissing: dns,
  RecordDifferent: ({ namespace, name }) =>
    `kubectl postrider dns ${name} -n ${namespace} shows what is published instead; change that record, and do not add a second one`,
  Overlapping: edit,
  Shadowed: ({ namespace, name }) =>
    `delete it, or give it destinations that no other policy matches: kubectl edit -n ${namespace} destinationpolicy ${name}`,
  LookupFailed: () =>
    'none if it clears by itself; otherwise check the resolvers in spec.dns.resolvers of the MailPlatform',
  DomainNotReady: ({ namespace }) => `see the Domain that the message names: kubectl get -n ${namespace} domains`,
  Suspended: ({ kind, namespace, name }) =>
    `kubectl postrider resume ${kind === 'Domain' ? 'domain' : 'credential'}/${name} -n ${namespace}`,
  LimitReached: ({ namespace }) =>
    `wait until the oldest of these messages is 24 hours old, or raise messagesPerDay: kubectl get -n ${namespace} smtplimits`,
  NotObserved: () =>
    'wait a few seconds; if it stays, check that the operator is running: kubectl get pods -A -l app.kubernetes.io/name=postrider,app.kubernetes.io/component=operator',
  NoPlatform: () =>
    'apply a MailPlatform in the namespace where Postrider is installed; see docs/kubernetes/install.md',
}

/** What to do next about a problem, as one line. Pure. */
export function remedyFor(trouble: Trouble): string {
  const known = REMEDIES[`${trouble.kind} ${trouble.type} ${trouble.reason}`] ?? BY_REASON[trouble.reason]
  const { kind, namespace, name } = trouble
  return known?.(trouble) ?? `see kubectl describe -n ${namespace} ${kind.toLowerCase()} ${name}`
}
