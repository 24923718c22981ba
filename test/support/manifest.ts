import { API_VERSION } from '@postrider/resources/kinds'
import type { Kind } from '@postrider/resources/kinds'
import { stringify } from 'yaml'

export interface Manifest<Spec = unknown> {
  apiVersion: string
  kind: Kind
  metadata: { name: string; namespace?: string }
  spec: Spec
}

/** What a person applies. Whether the spec is valid is left to the test. */
export function manifest<Spec>(kind: Kind, name: string, spec: Spec, namespace?: string): Manifest<Spec> {
  return { apiVersion: API_VERSION, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) }, spec }
}

/** Sends the mail for these domains to one server, and with `more` in its own way. */
export const policy = (name: string, domains: string[], { host, port }: { host: string; port: number }, more = {}) =>
  manifest('DestinationPolicy', name, { match: { domains }, route: { host, port }, ...more })

/** A credential of the domain that every test platform has: `name@sender.test`. */
export const credential = (name: string, more = {}) =>
  manifest('SMTPCredential', name, { address: `${name}@sender.test`, domainRef: { name: 'sender' }, ...more })

/** All of them in one file. */
export const yamlOf = (manifests: unknown[]): string => manifests.map((each) => stringify(each)).join('---\n')
