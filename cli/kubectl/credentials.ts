import type { V1Secret } from '@kubernetes/client-node'
import { isForbidden } from '@postrider/kubernetes/transport/errors'
import { KINDS, refOf } from '@postrider/kubernetes/object/kinds'
import { describeRef, refTo } from '@postrider/kubernetes/object/object'
import type { Wire } from '@postrider/kubernetes/object/object'
import { secretText } from '@postrider/operator/shapes/secret'
import { UsageError } from '@postrider/standalone/usage-error'
import type { Answer, Options } from './arguments.ts'
import type { Caller } from './cluster.ts'
import { findCredential, NotFoundError } from './find.ts'
import { conditionOf, nameOf, namespaceOf } from './objects.ts'
import type { CredentialObject } from './objects.ts'
import { table } from './table.ts'

/** `kubectl postrider credentials [NAME]`. */
export async function credentials(caller: Caller, options: Options): Promise<Answer> {
  const [, asked, ...more] = options.words
  if (more.length > 0) throw new UsageError(`give one credential at a time, not also ${more.join(' ')}`)
  const where = options.everywhere ? undefined : (options.namespace ?? caller.namespace)
  if (asked === undefined) {
    if (options.showPassword) throw new UsageError('--show-password needs the name of one credential')
    return list(caller, where, options)
  }
  return one(caller, await findCredential(caller, asked, where), options)
}

async function list(caller: Caller, where: string | undefined, { everywhere, json }: Options): Promise<Answer> {
  const found = await caller.list<CredentialObject>(KINDS.SMTPCredential, where)
  if (json) return { lines: [JSON.stringify(found.map(described), null, 2)], code: 0 }
  if (found.length === 0) return { lines: [`no SMTPCredential in ${where ?? 'any namespace'}`], code: 0 }
  const rows = found.map(described).map(({ namespace, name, address, ready, reason, use, secret }) => {
    const state = ready ? 'yes' : `no: ${reason}`
    return [...(everywhere ? [namespace] : []), name, address, state, use, secret ?? '(passwords managed elsewhere)']
  })
  const head = [...(everywhere ? ['NAMESPACE'] : []), 'NAME', 'ADDRESS', 'READY', 'SENT TODAY', 'SECRET']
  return { lines: table([head, ...rows]), code: 0 }
}

function described(credential: CredentialObject) {
  const { spec = {}, status = {} } = credential
  const { status: state, reason, message } = conditionOf(credential, 'Ready') ?? NOT_SEEN
  const managed = (spec.passwordHashes ?? []).length > 0
  return {
    namespace: namespaceOf(credential),
    name: nameOf(credential),
    address: spec.address ?? '',
    ready: state === 'True',
    reason,
    message,
    // Without a limit, nothing is counted.
    use: status.use ?? '-',
    secret: managed ? undefined : (status.secretName ?? '-'),
    previousValidUntil: status.previousValidUntil,
  }
}

const NOT_SEEN = { status: 'Unknown', reason: 'NotObserved', message: 'the operator has not processed it yet' }

/** How a program logs in. For what the caller may not read, it refers to the Secret. */
async function one(caller: Caller, credential: CredentialObject, options: Options): Promise<Answer> {
  const known = described(credential)
  const { namespace, secret: name } = known
  const secret = name === undefined || name === '-' ? undefined : await read(caller, namespace, name, options)
  if (options.showPassword && secret === undefined) throw new NotFoundError(noPassword(known))
  const text = (key: string): string | undefined => secretText(secret, key)
  const settings = {
    host: text('host'),
    portImplicitTLS: text('portImplicitTLS'),
    portSTARTTLS: text('portSTARTTLS'),
    username: known.address,
    localCA: text('ca.crt') !== undefined,
    ...(options.showPassword ? { password: text('password') } : {}),
  }
  if (options.json) return { lines: [JSON.stringify({ ...known, settings }, null, 2)], code: 0 }
  const password = settings.password ?? whereThePassword(known)
  const unread = 'in the Secret, which does not exist yet or which you may not read'
  return {
    lines: [
      `${describeRef(refOf(credential))}: ${known.ready ? 'ready' : `NOT READY: ${known.message}`}`,
      `  host        ${settings.host ?? unread}`,
      `  port        ${portsOf(settings)}`,
      `  user        ${known.address}`,
      `  password    ${password}`,
      ...(settings.localCA ? [`  CA          key ca.crt of Secret ${name ?? ''}; clients must trust this CA`] : []),
      `  sent today  ${known.use}`,
      ...(known.previousValidUntil === undefined
        ? []
        : [`  the previous password is valid until ${known.previousValidUntil}`]),
      ...(name === undefined || name === '-' ? [] : ['', ...inAPod(name)]),
    ],
    code: 0,
  }
}

async function read(
  caller: Caller,
  namespace: string,
  name: string,
  { showPassword }: Options,
): Promise<Wire<V1Secret> | undefined> {
  try {
    return await caller.get<Wire<V1Secret>>(refTo(KINDS.Secret, namespace, name))
  } catch (error) {
    if (isForbidden(error) && !showPassword) return undefined
    throw error
  }
}

type Known = ReturnType<typeof described>

const noPassword = ({ secret, message }: Known): string =>
  secret === undefined
    ? 'its passwords are managed elsewhere (spec.passwordHashes); they are not known here'
    : `its Secret does not exist yet: ${message}`

const whereThePassword = ({ secret }: Known): string =>
  secret === undefined
    ? 'managed elsewhere (spec.passwordHashes)'
    : secret === '-'
      ? 'not created yet'
      : `key password of Secret ${secret}; --show-password shows it`

function portsOf({ portImplicitTLS, portSTARTTLS }: { portImplicitTLS?: string; portSTARTTLS?: string }): string {
  const ports = [
    ...(portImplicitTLS ? [`${portImplicitTLS} (TLS from the first octet)`] : []),
    ...(portSTARTTLS ? [`${portSTARTTLS} (STARTTLS)`] : []),
  ]
  return ports.join(' or ') || 'keys portImplicitTLS and portSTARTTLS of the Secret'
}

const inAPod = (secret: string): string[] => [
  'in a pod, as environment variables:',
  ...['host', 'port', 'username', 'password'].map(
    (key) => `  - { name: SMTP_${key.toUpperCase()}, valueFrom: { secretKeyRef: { name: ${secret}, key: ${key} } } }`,
  ),
]
