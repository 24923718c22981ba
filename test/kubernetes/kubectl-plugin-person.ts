import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { findBuilt, orFail } from '../support/needs.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const KUBECTL = findBuilt('kubectl')
/** The plugin itself gives up after 30 s. */
const TIMEOUT_MS = 90_000

/** Why there can be no kubectl here, for `skip`; false when there can. */
export const kubectlMissing = (): string | false =>
  orFail(
    KUBECTL === undefined &&
      'needs kubectl, of the Debian package kubernetes-client, or as test/cluster/build.sh kubectl builds it',
  )

export interface Said {
  code: number
  out: string
  err: string
}

/** Somebody at a terminal with kubectl and our plugin in PATH, and an empty home. */
export interface Person {
  /** `kubectl postrider ...` with this kubeconfig; never rejects. */
  postrider(kubeconfig: string | undefined, ...args: string[]): Promise<Said>
  /** `kubectl ...`; rejects when that fails. */
  kubectl(kubeconfig: string, ...args: string[]): Promise<string>
  /** Writes a file and gives its path. */
  file(name: string, content: unknown): string
  leave(): void
}

export function newPerson(): Person {
  const home = mkdtempSync(join(tmpdir(), 'postrider-person-'))
  const bin = join(home, 'bin')
  mkdirSync(bin)
  // As docs/kubernetes/kubectl.md says to install it.
  symlinkSync(join(ROOT, 'cli', 'kubectl', 'kubectl-postrider'), join(bin, 'kubectl-postrider'))
  const run = (kubeconfig: string | undefined, args: string[]): Promise<Said> => {
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      HOME: home,
      PATH: [bin, process.env['PATH']].join(delimiter),
      ...(kubeconfig === undefined ? {} : { KUBECONFIG: kubeconfig }),
    }
    if (kubeconfig === undefined) delete env['KUBECONFIG']
    return new Promise((resolve) => {
      execFile(KUBECTL ?? 'kubectl', args, { env, cwd: home, timeout: TIMEOUT_MS }, (error, out, err) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? -1), out, err })
      })
    })
  }
  return {
    postrider: (kubeconfig, ...args) => run(kubeconfig, ['postrider', ...args]),
    async kubectl(kubeconfig, ...args) {
      const { code, out, err } = await run(kubeconfig, args)
      if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: exit code ${code}\n${err}`)
      return out
    },
    file(name, content) {
      const path = join(home, name)
      writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
      return path
    },
    leave: () => rmSync(home, { recursive: true, force: true }),
  }
}
