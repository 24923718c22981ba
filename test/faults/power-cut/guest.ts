import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, copyFile, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const REPO = join(import.meta.dirname, '..', '..', '..')
const CACHE = join(process.env['POSTRIDER_CACHE'] ?? join(REPO, '.cache'), 'power-cut')
/** Drivers that the guest needs; what they depend on is found. */
const MODULES = ['virtio_pci', 'virtio_blk', 'virtio_net', 'crc32c_generic', 'ext4', '9pnet_virtio', '9p']
const BUSYBOX = '/usr/bin/busybox'

export interface Guest {
  kernel: string
  initramfs: string
}

/** Why no guest can be made here; false when one can. */
export function guestMissing(): string | false {
  const needed = {
    '/usr/bin/qemu-system-x86_64': 'qemu-system-x86',
    [BUSYBOX]: 'busybox-static',
    '/usr/sbin/mkfs.ext4': 'e2fsprogs',
    '/usr/bin/cpio': 'cpio',
    '/usr/bin/apt-get': 'apt',
  }
  const missing = Object.entries(needed).filter(([file]) => !existsSync(file))
  return missing.length > 0 && `needs the Debian packages ${missing.map(([, name]) => name).join(', ')}`
}

/** Debian's kernel, unpacked into the cache (nothing is installed), and an initramfs with busybox, the drivers, the
 * broker, the libraries that Node needs, and further files by their path in the guest. */
export async function buildGuest(brokerBinary: string, folder: string, files: Record<string, string>): Promise<Guest> {
  const { kernel, modules } = await fetchKernel()
  const root = join(folder, 'root')
  const into = async (source: string, target: string): Promise<void> => {
    const path = join(root, target)
    await mkdir(dirname(path), { recursive: true })
    await copyFile(source, path)
    await chmod(path, 0o755)
  }
  const drivers = await inOrder(modules)
  for (const driver of drivers) await into(join(modules, driver), join('modules', basename(driver)))
  await writeFile(join(root, 'modules.list'), drivers.map((driver) => `/modules/${basename(driver)}\n`).join(''))
  await into(BUSYBOX, 'bin/busybox')
  await into(brokerBinary, 'bin/nats-server')
  for (const library of await librariesOf(process.execPath)) await into(library, library)
  for (const name of await readdir(import.meta.dirname)) {
    if (name.endsWith('.sh')) await into(join(import.meta.dirname, name), name)
  }
  await rename(join(root, 'init.sh'), join(root, 'init'))
  for (const [target, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, target)), { recursive: true })
    await writeFile(join(root, target), text)
  }
  const initramfs = join(folder, 'initramfs')
  await run('/bin/sh', ['-c', `cd "$0" && find . | cpio -o -H newc --quiet > "$1"`, root, initramfs])
  await rm(root, { recursive: true })
  return { kernel, initramfs }
}

/** The kernel that linux-image-amd64 stands for, and its modules with modules.dep. */
async function fetchKernel(): Promise<{ kernel: string; modules: string }> {
  const unpacked = join(CACHE, 'kernel')
  if (!existsSync(unpacked)) {
    const building = `${unpacked}.building-${process.pid}`
    await mkdir(building, { recursive: true })
    const { stdout } = await run('apt-cache', ['depends', 'linux-image-amd64'])
    const name = /Depends: (linux-image-\S+)/.exec(stdout)?.[1]
    if (name === undefined) throw new Error('apt knows no linux-image-amd64; try apt-get update')
    await run('apt-get', ['download', name], { cwd: building })
    const [archive = ''] = (await readdir(building)).filter((file) => file.endsWith('.deb'))
    await run('dpkg', ['-x', archive, '.'], { cwd: building })
    const [version = ''] = await readdir(join(building, 'lib', 'modules'))
    await run(BUSYBOX, ['depmod', '-b', building, version])
    await rename(building, unpacked)
  }
  const [version = ''] = await readdir(join(unpacked, 'lib', 'modules'))
  return { kernel: join(unpacked, 'boot', `vmlinuz-${version}`), modules: join(unpacked, 'lib', 'modules', version) }
}

/** Paths of the drivers and of what they depend on, each after what it needs. */
async function inOrder(modules: string): Promise<string[]> {
  const needs = new Map<string, string[]>()
  for (const line of (await readFile(join(modules, 'modules.dep'), 'utf8')).split('\n')) {
    const [module = '', rest = ''] = line.split(':')
    needs.set(module, rest.trim().split(/\s+/).filter(Boolean))
  }
  const ordered: string[] = []
  const add = (module: string): void => {
    if (ordered.includes(module)) return
    for (const needed of needs.get(module) ?? []) add(needed)
    ordered.push(module)
  }
  for (const name of MODULES) {
    const path = [...needs.keys()].find((module) => basename(module) === `${name}.ko`)
    if (path === undefined) throw new Error(`the kernel has no driver ${name}`)
    add(path)
  }
  return ordered
}

async function librariesOf(binary: string): Promise<string[]> {
  const { stdout } = await run('ldd', [binary])
  return [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path ?? '')
}
