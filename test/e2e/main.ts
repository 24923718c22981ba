import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { kubectl, ROOT } from './kube.ts'
import { tagOf } from './settings.ts'

/** `make e2e`: brings up a cluster of one node where no KUBECONFIG names one, with the images of this checkout and of earlier
 * commits in it, and goes the way of a user through it (journey.test.ts). Needs root for the cluster.
 *   KUBECONFIG                  a cluster of yours; its nodes must know the images below
 *   POSTRIDER_E2E_IMAGE         default localhost/postrider:e2e; ..._BROKER_IMAGE, ..._DNS_IMAGE likewise
 *   POSTRIDER_E2E_EARLIER       commits that upgrades start from, by comma; each has an image with the tag at-COMMIT
 *   POSTRIDER_E2E_ONLY          runs only the steps whose names match this regular expression
 *   POSTRIDER_E2E_KEEP=1        leaves the cluster up */
const STATE = process.env['STATE'] ?? join(ROOT, '.cache', 'cluster')
const IMAGES = join(ROOT, '.cache', 'images')
/** The first with images, the first with monitoring, and the last before the broker read its accounts by itself. */
const EARLIER = '3fcc84d,a09348b,6669486'

const own = process.env['KUBECONFIG'] === undefined
const earlier = process.env['POSTRIDER_E2E_EARLIER'] ?? EARLIER
const env: NodeJS.ProcessEnv = {
  ...process.env,
  KUBECONFIG: process.env['KUBECONFIG'] ?? join(STATE, 'admin.kubeconfig'),
  POSTRIDER_E2E_IMAGE: process.env['POSTRIDER_E2E_IMAGE'] ?? 'localhost/postrider:e2e',
  POSTRIDER_E2E_BROKER_IMAGE: process.env['POSTRIDER_E2E_BROKER_IMAGE'] ?? 'localhost/postrider-nats:test',
  POSTRIDER_E2E_DNS_IMAGE: process.env['POSTRIDER_E2E_DNS_IMAGE'] ?? 'localhost/coredns:1',
  POSTRIDER_E2E_EARLIER: earlier,
  ...(own ? { POSTRIDER_E2E_STATE: STATE } : {}),
}

const CLUSTER = join(ROOT, 'test', 'cluster')
const counts = { passed: 0, failed: 0, skipped: 0 }
if (own)
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      spawnSync(join(CLUSTER, 'down.sh'), { stdio: 'inherit' })
      process.exit(1)
    })
try {
  if (own) await bringUp()
  else await kubectl('version')
  await go()
} catch (error) {
  console.error('the journey could not be made', error)
  counts.failed++
}
if (own && process.env['POSTRIDER_E2E_KEEP'] !== '1') await done(join(CLUSTER, 'down.sh'))
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
process.exit(counts.failed > 0 || counts.passed === 0 ? 1 : 0)

/** Not by test/run.ts: a journey takes longer than a file of `make test` may. */
async function go(): Promise<void> {
  Object.assign(process.env, env)
  const only = process.env['POSTRIDER_E2E_ONLY']
  const events = run({
    files: [join(import.meta.dirname, 'journey.test.ts')],
    forceExit: true,
    ...(only === undefined ? {} : { testNamePatterns: [new RegExp(only)] }),
  })
  events.on('test:pass', ({ details, skip }) => {
    if (details.type === 'suite') return
    if (skip === undefined || skip === false) counts.passed++
    else counts.skipped++
  })
  events.on('test:fail', ({ details }) => {
    if (details.type !== 'suite') counts.failed++
  })
  events.compose(spec).pipe(process.stdout, { end: false })
  await finished(events.resume()).catch(() => undefined)
}

async function bringUp(): Promise<void> {
  await done(join(CLUSTER, 'install.sh'), ['prometheus'])
  await done(join(CLUSTER, 'up.sh'))
  const build = join(ROOT, 'images', 'build.sh')
  await done(build, [], { TAG: 'e2e' })
  const archives = ['postrider.tar', 'postrider-nats.tar']
  for (const commit of earlier.split(',')) {
    await done(build, [], { TAG: tagOf(commit), REVISION: commit, OUT: join(IMAGES, commit) })
    archives.push(join(commit, 'postrider.tar'))
  }
  const socket = join(STATE, 'containerd', 'containerd.sock')
  for (const archive of archives)
    await done('ctr', ['-a', socket, '-n', 'k8s.io', 'images', 'import', join(IMAGES, archive)])
}

/** Runs a program to its end; throws when it fails. */
async function done(program: string, args: string[] = [], more: NodeJS.ProcessEnv = {}): Promise<void> {
  const child = spawn(program, args, { stdio: 'inherit', cwd: ROOT, env: { ...process.env, ...more } })
  const code = await new Promise((resolve, reject) => child.once('close', resolve).once('error', reject))
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${String(code)}`)
}
