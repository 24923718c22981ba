import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** For `skip` of a test that needs a program: false when it is there, else the sentence that says what to install.
 * With POSTRIDER_NO_SKIP=1 nothing is skipped unseen: then it throws that sentence. */
export function needs(program: string, debianPackage: string): string | false {
  return orFail(find(program) === undefined && `needs ${program}, of the Debian package ${debianPackage}`)
}

/** As `needs`, for a module of Python. */
export function needsPython(module: string, debianPackage: string): string | false {
  return orFail(pythonWith(module) === undefined && `needs python3 with the Debian package ${debianPackage}`)
}

/** Turns a reason to skip into a failure where skipping is not allowed. */
export function orFail(reason: string | false): string | false {
  if (reason !== false && process.env['POSTRIDER_NO_SKIP'] === '1') throw new Error(reason)
  return reason
}

/** A Python that has the module; Debian's own may lie behind another one in PATH. */
export function pythonWith(module: string): string | undefined {
  const candidates = ['python3', '/usr/bin/python3']
  return candidates.find((python) => spawnSync(python, ['-c', `import ${module}`]).status === 0)
}

/** Where a program lies; also in the folders of daemons, which are not in everybody's PATH. */
export function find(program: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  return folders.map((folder) => join(folder, program)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Where test/cluster/build.sh puts the programs of a cluster. */
export const BUILT_PROGRAMS = process.env['K8S_BIN'] ?? join(import.meta.dirname, '..', '..', '.cache', 'k8s')

/** A program of a cluster: the one that was built, or the machine's. */
export function findBuilt(program: string): string | undefined {
  const built = join(BUILT_PROGRAMS, program)
  return existsSync(built) ? built : find(program)
}
