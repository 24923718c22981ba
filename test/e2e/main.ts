import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { kubectl, ROOT } from './kube.ts'

/** `make e2e`: brings up a cluster of one node where no KUBECONFIG names one, with the images of this checkout and of an earlier
 * commit in it, and goes the way of a user through it (journey.test.ts). Needs root for the cluster.
 *   KUBECONFIG                  a cluster of yours; its nodes must know the images below
 *   POSTRIDER_E2E_IMAGE         default localhost/postrider:<version>; ..._BROKER_IMAGE, ..._DNS_IMAGE likewise
 *   POSTRIDER_E2E_PREVIOUS      commit that the upgrade starts from
 *   POSTRIDER_E2E_KEEP=1        leaves the cluster up */
const STATE = process.env['STATE'] ?? join(ROOT, '.cache', 'cluster')
const IMAGES = join(ROOT, '.cache', 'images')
/** The first with images. */
const FIRST = '3fcc84d'

const own = process.env['KUBECONFIG'] === undefined
const previous = process.env['POSTRIDER_E2E_PREVIOUS'] ?? FIRST
const env: NodeJS.ProcessEnv = {
  ...process.env,
  KUBECONFIG: process.env['KUBECONFIG'] ?? join(STATE, 'admin.kubeconfig'),
  POSTRIDER_E2E_IMAGE: process.env['POSTRIDER_E2E_IMAGE'] ?? 'localhost/postrider:e2e',
  POSTRIDER_E2E_BROKER_IMAGE: process.env['POSTRIDER_E2E_BROKER_IMAGE'] ?? 'localhost/postrider-nats:test',
  POSTRIDER_E2E_DNS_IMAGE: process.env['POSTRIDER_E2E_DNS_IMAGE'] ?? 'localhost/coredns:1',
  POSTRIDER_E2E_PREVIOUS: previous,
  ...(own ? { POSTRIDER_E2E_STATE: STATE } : {}),
}

const CLUSTER = join(ROOT, 'test', 'cluster')
if (own) {
  await done(join(CLUSTER, 'install.sh'), ['prometheus'])
  await done(join(CLUSTER, 'up.sh'))
  await done(join(ROOT, 'images', 'build.sh'), [], { TAG: 'e2e' })
  await done(join(ROOT, 'images', 'build.sh'), [], {
    TAG: 'previous',
    REVISION: previous,
    OUT: join(IMAGES, 'previous'),
  })
  for (const archive of ['postrider.tar', 'postrider-nats.tar', 'previous/postrider.tar'])
    await done('ctr', [
      '-a',
      join(STATE, 'containerd', 'containerd.sock'),
      '-n',
      'k8s.io',
      'images',
      'import',
      join(IMAGES, archive),
    ])
} else await kubectl('version')

const journey = join(import.meta.dirname, 'journey.test.ts')
// Not by test/run.ts: a journey takes longer than a file of `make test` may.
const runner = ['--test', '--test-force-exit', '--test-reporter=spec', journey]
let failed: unknown
try {
  await done(process.execPath, runner, env)
} catch (error) {
  failed = error
}
if (own && process.env['POSTRIDER_E2E_KEEP'] !== '1') await done(join(CLUSTER, 'down.sh'))
if (failed !== undefined) {
  console.error(`${journey} failed`, failed)
  process.exit(1)
}

/** Runs a program to its end; throws when it fails. */
async function done(program: string, args: string[] = [], more: NodeJS.ProcessEnv = {}): Promise<void> {
  const child = spawn(program, args, { stdio: 'inherit', cwd: ROOT, env: { ...process.env, ...more } })
  const code = await new Promise((resolve, reject) => child.once('close', resolve).once('error', reject))
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${String(code)}`)
}
