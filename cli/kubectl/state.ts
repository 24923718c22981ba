import { KINDS } from '@postrider/kubernetes/object/kinds'
import { describeRef, refTo } from '@postrider/kubernetes/object/object'
import { UsageError } from '@postrider/standalone/usage-error'
import type { Answer, Options } from './arguments.ts'
import type { Caller } from './cluster.ts'
import { closest } from './closest.ts'
import { findCredential, findDomain } from './find.ts'
import { nameOf, namespaceOf } from './objects.ts'
import type { CredentialObject, DomainObject } from './objects.ts'

/** Names that kubectl and people use for them. */
const TARGETS = {
  domain: 'Domain',
  domains: 'Domain',
  md: 'Domain',
  credential: 'SMTPCredential',
  credentials: 'SMTPCredential',
  smtpcredential: 'SMTPCredential',
  smtpcredentials: 'SMTPCredential',
  smtpcred: 'SMTPCredential',
} as const

type Wish = 'Suspended' | 'Active'

/** `kubectl postrider suspend|resume domain/NAME|credential/NAME`. */
export async function setState(caller: Caller, wish: Wish, options: Options): Promise<Answer> {
  const { kind, asked } = readTarget(options.words)
  const where = options.namespace ?? caller.namespace
  const object = kind === 'Domain' ? await findDomain(caller, asked, where) : await findCredential(caller, asked, where)
  const was = object.spec?.state ?? 'Active'
  const [namespace, name] = [namespaceOf(object), nameOf(object)]
  if (was !== wish) await caller.merge(refTo(KINDS[kind], namespace, name), { spec: { state: wish } })
  if (options.json) return { lines: [JSON.stringify({ kind, namespace, name, was, state: wish }, null, 2)], code: 0 }
  const subject = describeRef({ kind, namespace, name })
  const done = was === wish ? `${subject} was already ${wish}` : `${subject} is now ${wish}`
  const still = wish === 'Active' && kind === 'SMTPCredential' ? await domainSuspended(caller, object) : []
  return { lines: [done, ...meaning(kind, wish, namespace, name), ...still], code: 0 }
}

function readTarget(words: string[]): { kind: 'Domain' | 'SMTPCredential'; asked: string } {
  const [verb = '', first = '', ...rest] = words
  const [given = '', asked = '', ...more] = first.includes('/') ? [...first.split('/'), ...rest] : [first, ...rest]
  const usage = `kubectl postrider ${verb} domain/NAME, or credential/NAME`
  if (given === '' || asked === '' || more.length > 0) throw new UsageError(`name one Domain or credential: ${usage}`)
  const kind = Object.entries(TARGETS).find(([name]) => name === given.toLowerCase())?.[1]
  if (kind === undefined)
    throw new UsageError(`${given} can't be suspended${closest(given, ['domain', 'credential'])} (${usage})`)
  return { kind, asked }
}

function meaning(kind: 'Domain' | 'SMTPCredential', wish: Wish, namespace: string, name: string): string[] {
  const target = `${kind === 'Domain' ? 'domain' : 'credential'}/${name} -n ${namespace}`
  const [who, whose] = kind === 'Domain' ? ['its logins', 'their'] : ['this login', 'its']
  const lasting = `applying an older manifest would undo this; set spec.state: ${wish} in the manifest as well`
  if (wish === 'Active') return [`mail from ${who} is accepted again within seconds, if nothing else is wrong`, lasting]
  return [
    `within seconds ${who} can still log in, but ${whose} mail is answered 450 4.7.1, so that clients try again later`,
    'mail already queued is still delivered; the administrator of the platform can stop it: kubectl postrider queue cancel',
    `to undo: kubectl postrider resume ${target}`,
    lasting,
  ]
}

async function domainSuspended(caller: Caller, credential: CredentialObject): Promise<string[]> {
  const name = credential.spec?.domainRef?.name ?? ''
  const namespace = namespaceOf(credential)
  const domain = name === '' ? undefined : await caller.get<DomainObject>(refTo(KINDS.Domain, namespace, name))
  if (domain?.spec?.state !== 'Suspended') return []
  return [`its Domain is still suspended: kubectl postrider resume domain/${name} -n ${namespace}`]
}
