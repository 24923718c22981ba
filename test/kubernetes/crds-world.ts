import { once } from 'node:events'
import { readFileSync, readdirSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { get } from 'node:https'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { openCluster } from '@postrider/kubernetes/transport/client'
import type { Cluster } from '@postrider/kubernetes/transport/client'
import { findConnection } from '@postrider/kubernetes/transport/connection'
import { ApiError } from '@postrider/kubernetes/transport/errors'
import { KINDS } from '@postrider/kubernetes/object/kinds'
import { pathOf, refTo } from '@postrider/kubernetes/object/object'
import type { KubeObject } from '@postrider/kubernetes/object/object'
import type { Kind } from '@postrider/resources/kinds'
import { parse } from 'yaml'
import { startApiServer } from '../support/api-server.ts'
import { eventually } from '../support/eventually.ts'
import { applyStrictly } from '../support/helm.ts'
import { manifest } from '../support/manifest.ts'

const FOLDER = join(import.meta.dirname, '..', '..', 'crds')

/** A node of a schema, as far as the tests read it. */
export interface Schema {
  description?: string
  properties?: Record<string, Schema>
  items?: Schema
  additionalProperties?: Schema
  required?: string[]
  default?: unknown
  'x-kubernetes-validations'?: { rule: string; message: string }[]
}

export interface Definition extends KubeObject {
  spec: { names: { kind: Kind; plural: string }; versions: { schema: { openAPIV3Schema: Schema } }[] }
}

/** The files of crds/, or of another folder. */
export const definitions = (folder = FOLDER): Definition[] =>
  readdirSync(folder).map((name) => parse(readFileSync(join(folder, name), 'utf8')) as Definition)

export const schemaOf = ({ spec }: Definition): Schema => spec.versions[0]?.schema.openAPIV3Schema ?? {}

export interface Stored extends KubeObject {
  spec: Record<string, unknown>
  status?: Record<string, unknown>
}

export interface CrdWorld {
  cluster: Cluster
  /** POST, as `kubectl create` does it. Throws ApiError. */
  create(kind: Kind, name: string, spec: unknown, query?: Record<string, string>): Promise<Stored>
  get(kind: Kind, name: string): Promise<Stored>
  path(kind: Kind, name?: string): string
  /** GET of what JSON may be asked for otherwise, such as kubectl's tables. */
  getAs(accept: string, path: string): Promise<unknown>
  stop(): Promise<void>
}

const NAMESPACE = 'default'

/** A real API server that knows these definitions; by default those of crds/. */
export async function startCrdWorld(known = definitions()): Promise<CrdWorld> {
  const server = await startApiServer()
  const cluster = openCluster({ kubeconfig: server.kubeconfig })
  const world: CrdWorld = {
    cluster,
    create: (kind, name, spec, query = {}) =>
      cluster.request('POST', world.path(kind), { query, body: manifest(kind, name, spec) }),
    async get(kind, name) {
      const found = await cluster.get<Stored>(refTo(KINDS[kind], NAMESPACE, name))
      if (found === undefined) throw new Error(`${kind} ${name} is not there`)
      return found
    },
    path: (kind, name) => pathOf(KINDS[kind], NAMESPACE, name),
    getAs: (accept, path) => getAs(server.kubeconfig, accept, path),
    async stop() {
      cluster.close()
      await server.stop()
    },
  }
  try {
    await define(world, known)
    return world
  } catch (error) {
    await world.stop()
    throw error
  }
}

async function getAs(kubeconfig: string, accept: string, path: string): Promise<unknown> {
  const { server, access } = await findConnection({ kubeconfig })
  const { headers, tls } = await access()
  const request = get(`${server}${path}`, { ...tls, headers: { ...headers, accept } })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return json(response)
}

/** Applies definitions, and waits until the server serves their kinds. */
export async function define({ cluster }: { cluster: Cluster }, known: Definition[]): Promise<void> {
  for (const definition of known) await applyStrictly(cluster, definition)
  for (const { spec } of known) await eventually(() => cluster.list(KINDS[spec.names.kind]), 30_000)
}

/** What the server has against it; '' when nothing. */
export async function refusalOf(asked: Promise<unknown>): Promise<string> {
  try {
    await asked
    return ''
  } catch (error) {
    if (error instanceof ApiError) return error.message
    throw error
  }
}
