import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const HERE = import.meta.dirname
/** What was downloaded stays here; a folder's name changes with what it holds. */
const CACHE = join(HERE, '..', '..', '.cache', 'clients')

/** A download is not what was asked for. */
export class NotAsPinned extends Error {
  override readonly name = 'NotAsPinned'
  constructor(what: string, expected: string, actual: string) {
    super(`${what} has SHA-256 ${actual}, not ${expected}`)
  }
}

/** The packages of test/clients/node, by npm and its lock. */
export async function nodeModules(): Promise<Record<string, string>> {
  const files = ['package.json', 'package-lock.json'].map((name) => join(HERE, 'node', name))
  const folder = await once('node', files.map((file) => readFileSync(file, 'utf8')).join(), async (making) => {
    for (const file of files) copyFileSync(file, join(making, file.slice(join(HERE, 'node').length)))
    await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: making })
  })
  return { node_modules: join(folder, 'node_modules') }
}

/** The packages of requirements.txt in an environment of Python's own. */
export async function pythonEnvironment(): Promise<Record<string, string>> {
  const wanted = join(HERE, 'requirements.txt')
  const { stdout: version } = await run('python3', ['--version'])
  // An environment has its own path in its programs: it can't be moved, so it is only done when the list is in it.
  const folder = name('python', version + readFileSync(wanted, 'utf8'))
  if (!existsSync(join(folder, 'requirements.txt'))) {
    rmSync(folder, { recursive: true, force: true })
    await run('python3', ['-m', 'venv', folder])
    await run(join(folder, 'bin', 'pip'), ['install', '--quiet', '--requirement', wanted])
    copyFileSync(wanted, join(folder, 'requirements.txt'))
  }
  return { python: folder }
}

const CENTRAL = 'https://repo1.maven.org/maven2/'
/** Of Maven Central, with their SHA-256. */
const JARS: Record<string, [path: string, sha256: string][]> = {
  'javax.mail': [
    [
      'com/sun/mail/javax.mail/1.6.2/javax.mail-1.6.2.jar',
      '45b515e7104944c09e45b9c7bb1ce5dff640486374852dd2b2e80cc3752dfa11',
    ],
    [
      'com/sun/activation/javax.activation/1.2.0/javax.activation-1.2.0.jar',
      '993302b16cd7056f21e779cc577d175a810bb4900ef73cd8fbf2b50f928ba9ce',
    ],
  ],
  'jakarta.mail': [
    [
      'org/eclipse/angus/jakarta.mail/2.0.4/jakarta.mail-2.0.4.jar',
      '08ed261475491bbb615ecb8527a8e8ae6f7d507b6eba187061a5c630c53b0114',
    ],
    [
      'jakarta/activation/jakarta.activation-api/2.1.3/jakarta.activation-api-2.1.3.jar',
      '01b176d718a169263e78290691fc479977186bcc6b333487325084d6586f4627',
    ],
    [
      'org/eclipse/angus/angus-activation/2.0.2/angus-activation-2.0.2.jar',
      '6dd3bcffc22bce83b07376a0e2e094e4964a3195d4118fb43e380ef35436cc1e',
    ],
  ],
}

/** The jars of one of the two packages, as a reader would put them into lib/. */
export async function jars(label: string): Promise<Record<string, string>> {
  const wanted = JARS[label] ?? []
  const folder = await once('jars', JSON.stringify(wanted), async (making) => {
    for (const [path, sha256] of wanted) {
      const answer = await fetch(CENTRAL + path)
      if (!answer.ok) throw new Error(`${CENTRAL + path} answers ${answer.status}`)
      const jar = Buffer.from(await answer.arrayBuffer())
      const actual = createHash('sha256').update(jar).digest('hex')
      if (actual !== sha256) throw new NotAsPinned(path, sha256, actual)
      writeFileSync(join(making, path.slice(path.lastIndexOf('/') + 1)), jar)
    }
  })
  return { lib: folder }
}

/** A folder of the cache, which is made beside its place and moved there whole. */
async function once(kind: string, content: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = name(kind, content)
  if (existsSync(folder)) return folder
  const making = `${folder}.${process.pid}`
  rmSync(making, { recursive: true, force: true })
  mkdirSync(making, { recursive: true })
  await make(making)
  renameSync(making, folder)
  return folder
}

const name = (kind: string, content: string): string =>
  join(CACHE, `${kind}-${createHash('sha256').update(content).digest('hex').slice(0, 12)}`)
