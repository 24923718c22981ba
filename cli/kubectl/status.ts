import { isForbidden, isNotFound } from '@postrider/kubernetes/transport/errors'
import { KINDS } from '@postrider/kubernetes/object/kinds'
import { describeRef } from '@postrider/kubernetes/object/object'
import type { KindRef, KubeObject } from '@postrider/kubernetes/object/object'
import type { Answer, Options } from './arguments.ts'
import type { Caller } from './cluster.ts'
import { isReady, nameOf, namespaceOf } from './objects.ts'
import type { CredentialObject, DomainObject, PlatformObject, Seen, SenderObject } from './objects.ts'
import { problemsOf } from './problems.ts'
import type { Problem, Surveyed } from './problems.ts'

const OPERATOR = 'app.kubernetes.io/name=postrider,app.kubernetes.io/component=operator'

/** `kubectl postrider status`: what is wrong, and what to do next. Exit code 1 if something is wrong. */
export async function status(caller: Caller, { namespace, everywhere, json }: Options): Promise<Answer> {
  const where = everywhere ? undefined : (namespace ?? caller.namespace)
  const seen = await survey(caller, where)
  const problems = problemsOf(seen, new Date())
  const wrong = problems.filter(({ severity }) => severity === 'problem').length
  const code = wrong === 0 ? 0 : 1
  if (json) return { lines: [JSON.stringify({ ok: wrong === 0, ...countsOf(seen), problems }, null, 2)], code }
  const verdict = wrong === 0 ? 'nothing is wrong' : `${wrong} ${wrong === 1 ? 'problem' : 'problems'}`
  return { lines: [...summary(seen, where), ...problems.flatMap(linesOf), verdict], code }
}

/** Searches all namespaces for the platform, which serves them all; only the given one for resources of tenants. */
async function survey(caller: Caller, where: string | undefined): Promise<Surveyed> {
  const [domains, credentials, [platforms, everywhere], limits, senders, pools, policies] = await Promise.all([
    caller.list<DomainObject>(KINDS.Domain, where),
    caller.list<CredentialObject>(KINDS.SMTPCredential, where),
    ofThePlatform<PlatformObject>(caller, KINDS.MailPlatform, where),
    ifAllowed<Seen>(caller, KINDS.SMTPLimit, where),
    // A cluster with older CRDs does not know this kind.
    ifKnown<SenderObject>(caller, KINDS.SenderAddress, where),
    ofThePlatform<Seen>(caller, KINDS.DeliveryPool, where),
    ofThePlatform<Seen>(caller, KINDS.DestinationPolicy, where),
  ])
  const rules = [limits, pools[0], policies[0]].flatMap((found) => found ?? [])
  const namespaces = [...new Set((platforms ?? []).map(namespaceOf))]
  const operators = await Promise.all(namespaces.map((namespace) => operatorsOf(caller, namespace)))
  return { domains, credentials, senders: senders ?? [], rules, platforms, everywhere, operators: operators.flat() }
}

/** From all namespaces, or else from the given one. */
async function ofThePlatform<T extends KubeObject>(
  caller: Caller,
  kind: KindRef,
  where: string | undefined,
): Promise<[T[] | undefined, everywhere: boolean]> {
  const all = await ifAllowed<T>(caller, kind)
  if (all !== undefined || where === undefined) return [all, all !== undefined]
  return [await ifAllowed<T>(caller, kind, where), false]
}

async function operatorsOf(caller: Caller, namespace: string): Promise<Surveyed['operators']> {
  type Deployment = KubeObject & { status?: { readyReplicas?: number } }
  const found = (await ifAllowed<Deployment>(caller, KINDS.Deployment, namespace, OPERATOR)) ?? []
  return found.map((object) => ({ namespace, name: nameOf(object), ready: object.status?.readyReplicas ?? 0 }))
}

/** Undefined if the caller may not list them, or a foreign kind is unknown. */
export async function ifAllowed<T extends KubeObject>(
  caller: Caller,
  kind: KindRef,
  namespace?: string,
  labels?: string,
): Promise<T[] | undefined> {
  try {
    return await caller.list<T>(kind, namespace, labels)
  } catch (error) {
    if (isForbidden(error) || (isNotFound(error) && !kind.apiVersion.startsWith('postrider.dev/'))) return undefined
    throw error
  }
}

async function ifKnown<T extends KubeObject>(
  caller: Caller,
  kind: KindRef,
  namespace: string | undefined,
): Promise<T[] | undefined> {
  try {
    return await ifAllowed<T>(caller, kind, namespace)
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

const countsOf = ({ platforms, domains, credentials }: Surveyed) => ({
  platforms: platforms?.map((platform) => ({
    namespace: namespaceOf(platform),
    name: nameOf(platform),
    hostName: platform.spec?.hostName,
    ready: isReady(platform),
  })),
  domains: { all: domains.length, ready: domains.filter(isReady).length },
  credentials: { all: credentials.length, ready: credentials.filter(isReady).length },
})

function summary(seen: Surveyed, where: string | undefined): string[] {
  const { platforms, domains, credentials } = countsOf(seen)
  const lines =
    platforms === undefined
      ? ['you may not read the MailPlatform; problems of the platform itself are not shown']
      : platforms.map(
          ({ namespace, name, hostName, ready }) =>
            `${describeRef({ kind: 'MailPlatform', namespace, name })}  ${hostName ?? ''}  ${ready ? 'ready' : 'NOT READY'}`,
        )
  const place = where === undefined ? 'all namespaces' : `namespace ${where}`
  // The namespace may be misspelled.
  if (where !== undefined && domains.all + credentials.all === 0)
    return [
      ...lines,
      `${place}: no Domains and no SMTPCredentials; choose another namespace with -n, or all with -A`,
      '',
    ]
  return [
    ...lines,
    `${place}: ${domains.ready} of ${domains.all} Domains and ${credentials.ready} of ${credentials.all} SMTPCredentials are ready`,
    '',
  ]
}

/** Dependent credentials that are listed by name. */
const NAMED = 5

function linesOf({
  kind,
  namespace,
  name,
  about,
  type,
  reason,
  message,
  remedy,
  waiting,
  severity,
}: Problem): string[] {
  const subject = name === '' ? kind : describeRef({ kind, namespace, name })
  const known = about === '' ? '' : ` (${about})`
  const more = waiting.length > NAMED ? ` and ${waiting.length - NAMED} more` : ''
  return [
    `${severity === 'note' ? 'note: ' : ''}${subject}${known}: ${type} ${reason}: ${message}`,
    ...(waiting.length === 0 ? [] : [`  credentials that depend on it: ${waiting.slice(0, NAMED).join(', ')}${more}`]),
    `  -> ${remedy}`,
    '',
  ]
}
