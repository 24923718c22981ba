import { domainToASCII } from 'node:url'
import { isForbidden } from '@postrider/kubernetes/transport/errors'
import { KINDS } from '@postrider/kubernetes/object/kinds'
import type { KubeObject } from '@postrider/kubernetes/object/object'
import type { Caller } from './cluster.ts'
import { closest } from './closest.ts'
import { nameOf, namespaceOf } from './objects.ts'
import type { CredentialObject, DomainObject } from './objects.ts'

/** Nothing has that name: only the message is shown, with exit code 1. */
export class NotFoundError extends Error {
  override readonly name = 'NotFoundError'
}

/** By the resource's name, or its domain name. Throws NotFoundError. */
export const findDomain = (caller: Caller, asked: string, namespace: string | undefined): Promise<DomainObject> =>
  findOne<DomainObject>(caller, 'Domain', asked, namespace, ({ spec }) => spec?.domainName)

/** By the resource's name, or its address. Throws NotFoundError. */
export const findCredential = (
  caller: Caller,
  asked: string,
  namespace: string | undefined,
): Promise<CredentialObject> =>
  findOne<CredentialObject>(caller, 'SMTPCredential', asked, namespace, ({ spec }) => spec?.address)

async function findOne<T extends DomainObject | CredentialObject>(
  caller: Caller,
  kind: 'Domain' | 'SMTPCredential',
  asked: string,
  namespace: string | undefined,
  called: (object: T) => string | undefined,
): Promise<T> {
  const all = await caller.list<T>(KINDS[kind], namespace)
  const wanted = asked.includes('@') ? asked.toLowerCase() : domainToASCII(asked) || asked
  const byName = all.filter((object) => nameOf(object) === asked)
  const found = byName.length > 0 ? byName : all.filter((object) => called(object)?.toLowerCase() === wanted)
  const [one, ...more] = found
  if (one === undefined) {
    const names = all.flatMap((object) => [nameOf(object), ...(asked.includes('.') ? [called(object) ?? ''] : [])])
    const where = namespace === undefined ? 'any namespace' : `namespace ${namespace}`
    const elsewhere =
      namespace === undefined
        ? ''
        : await otherPlaces(
            () => caller.list<T>(KINDS[kind]),
            (object) => nameOf(object) === asked || called(object)?.toLowerCase() === wanted,
          )
    throw new NotFoundError(`there is no ${kind} ${asked} in ${where}${elsewhere || closest(asked, names)}`)
  }
  if (more.length > 0) {
    const places = found.map((object) => namespaceOf(object)).join(', ')
    throw new NotFoundError(`there are several ${kind}s ${asked}; choose one with -n: ${places}`)
  }
  return one
}

/** `; there is one with -n ...`, if the caller may list all namespaces. */
async function otherPlaces<T extends KubeObject>(
  list: () => Promise<T[]>,
  isIt: (object: T) => boolean,
): Promise<string> {
  try {
    const places = [...new Set((await list()).filter(isIt).map(namespaceOf))].sort()
    return places.length === 0 ? '' : `; there is one with -n ${places.slice(0, 5).join(', -n ')}`
  } catch (error) {
    if (isForbidden(error)) return ''
    throw error
  }
}
