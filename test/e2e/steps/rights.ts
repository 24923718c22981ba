import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Run } from '../journey.ts'
import { get, kubectl, readyPods, ROOT } from '../kube.ts'
import { SHOP, SYSTEM } from '../platform.ts'

export const noTokens: Run = async () => {
  const pods = await readyPods(SYSTEM, 'app.kubernetes.io/component in (ingress,delivery,notifier,broker)')
  assert.ok(pods.length >= 4)
  for (const { metadata } of pods)
    await assert.rejects(
      kubectl('exec', metadata.name, '-n', SYSTEM, '--', 'ls', '/var/run/secrets/kubernetes.io'),
      /No such file/,
    )
}

export const restricted: Run = async () => {
  const { metadata } = await get<{ metadata: { labels: Record<string, string> } }>('namespace', SYSTEM)
  assert.equal(metadata.labels['pod-security.kubernetes.io/enforce'], 'restricted')
  // It is enforced: a pod that is not restricted is refused.
  await assert.rejects(
    kubectl('run', 'loose', '--image=localhost/pause:1', '-n', SYSTEM),
    /violates PodSecurity "restricted/,
  )
}

/** `kubectl auth can-i --list` of each service account is what docs/kubernetes/permissions.md says, and nothing else. */
export const documentedRights: Run = async (_, log) => {
  const page = readFileSync(join(ROOT, 'docs', 'kubernetes', 'permissions.md'), 'utf8')
  const table = (title: string): string[] =>
    (page.split(`## ${title}\n`)[1]?.split('\n## ')[0] ?? '')
      .split('\n')
      .flatMap((line) => (line.startsWith('| `') ? [row(line)] : []))
  const everywhere = table('In all namespaces')
  const inside = table("In the platform's namespace")
  // What every account of a cluster has, with a name that no role knows.
  const common = new Set(await listed(SYSTEM, 'nobody'))
  for (const [namespace, expected] of [
    [SYSTEM, merged([...everywhere, ...inside])],
    [SHOP, merged(everywhere)],
  ] as const) {
    const may = (await listed(namespace, 'postrider-operator')).filter((right) => !common.has(right))
    assert.deepEqual(merged(may), expected, `the operator in ${namespace}`)
    log(`the operator in ${namespace}: ${may.length} rights, as the page says`)
  }
  const accounts = await get<{ items: { metadata: { name: string } }[] }>('serviceaccounts', '-n', SYSTEM)
  for (const { metadata } of accounts.items.filter((account) => account.metadata.name !== 'postrider-operator')) {
    const may = (await listed(SYSTEM, metadata.name)).filter((right) => !common.has(right))
    assert.deepEqual(may, [], metadata.name)
    log(`${metadata.name}: none`)
  }
}

/** `resource.group verb,verb` of a row of the page. */
function row(line: string): string {
  const [, what = '', verbs = ''] = /^\| `([^|]+) \| ([^|]+) \|$/.exec(line) ?? []
  const [resource = '', group] = what.replace('`', '').split(' (')
  const [kind = '', part] = resource.split('/')
  const name = group === undefined ? kind : `${kind}.${group.slice(0, -1)}`
  return right(part === undefined ? name : `${name}/${part}`, verbs.split(', '))
}

const right = (resource: string, verbs: string[]): string => `${resource} ${[...verbs].sort().join(',')}`

/** Verbs of one resource in one row, whatever roles they come from. */
function merged(rights: string[]): string[] {
  const verbs = new Map<string, Set<string>>()
  for (const each of rights) {
    const [resource = '', list = ''] = each.split(' ')
    const known = verbs.get(resource) ?? new Set()
    for (const verb of list.split(',')) known.add(verb)
    verbs.set(resource, known)
  }
  return [...verbs].map(([resource, set]) => right(resource, [...set])).sort()
}

/** Rights on resources and URLs; whether they are for some names only is held by test/chart. */
async function listed(namespace: string, account: string): Promise<string[]> {
  const as = `--as=system:serviceaccount:${SYSTEM}:${account}`
  const lines = (await kubectl('auth', 'can-i', '--list', '-n', namespace, as)).split('\n')
  return lines.flatMap((line) => {
    const [, resource = '', urls = '', verbs] = /^(\S*)\s+\[(.*?)\]\s+\[.*?\]\s+\[(.*)\]$/.exec(line) ?? []
    if (verbs === undefined) return []
    return [right([resource, urls].filter((part) => part !== '').join(':'), verbs.split(' '))]
  })
}
