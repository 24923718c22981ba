import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Cluster } from '@postrider/kubernetes/transport/client'
import type { KubeObject } from '@postrider/kubernetes/object/object'
import { parseAllDocuments } from 'yaml'
import { findBuilt, orFail } from './needs.ts'

const run = promisify(execFile)
const ROOT = join(import.meta.dirname, '..', '..')
export const CHART = join(ROOT, 'charts', 'postrider')
const HELM = findBuilt('helm')

/** Why there can be no helm here, for `skip`; false when there can. */
export const helmMissing = (): string | false => orFail(HELM === undefined && 'needs helm: test/cluster/build.sh helm')

export async function helm(...args: string[]): Promise<string> {
  const { stdout } = await run(HELM ?? '', args, { maxBuffer: 1 << 26 })
  return stdout
}

/** The chart's objects with these values (`a.b=c`). */
export async function renderChart<T extends KubeObject>(
  release: string,
  namespace: string,
  values: string[] = [],
): Promise<T[]> {
  const settings = values.flatMap((value) => ['--set', value])
  const text = await helm('template', release, CHART, '--namespace', namespace, '--kube-version', '1.34.4', ...settings)
  return parseAllDocuments(text)
    .map((document) => document.toJS() as T | null)
    .filter((object) => object !== null)
}

/** Plurals of the kinds in the chart that the operator itself has nothing to do with. */
const PLURALS: Record<string, string> = {
  ClusterRole: 'clusterroles',
  ClusterRoleBinding: 'clusterrolebindings',
  Role: 'roles',
  RoleBinding: 'rolebindings',
  ServiceAccount: 'serviceaccounts',
  ConfigMap: 'configmaps',
  Service: 'services',
  Deployment: 'deployments',
  StatefulSet: 'statefulsets',
  PodDisruptionBudget: 'poddisruptionbudgets',
  NetworkPolicy: 'networkpolicies',
  CustomResourceDefinition: 'customresourcedefinitions',
}

/** Applies an object as `helm install` would, with every unknown field an error. */
export async function applyStrictly(cluster: Cluster, object: KubeObject): Promise<void> {
  const { apiVersion = '', kind = '', metadata } = object
  const plural = PLURALS[kind]
  if (plural === undefined) throw new Error(`the plural of ${kind} is not known to this test`)
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  const inside = metadata?.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`
  await cluster.request('PATCH', `${root}${inside}/${plural}/${metadata?.name ?? ''}`, {
    query: { fieldManager: 'helm', fieldValidation: 'Strict', force: true },
    contentType: 'application/apply-patch+yaml',
    body: object,
  })
}
