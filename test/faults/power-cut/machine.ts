import { spawn } from 'node:child_process'
import { accessSync, constants, openSync, readFileSync } from 'node:fs'
import type { Guest } from './guest.ts'

export interface MachineOptions {
  guest: Guest
  /** Unix socket of the NBD server. */
  diskSocket: string
  /** Shared read-only as 9p `repo`. */
  repo: string
  /** Words on the kernel's command line. */
  words: string[]
  /** Ports of the guest, and where they are to be had on the host's loopback. */
  ports: { host: number; guest: number }[]
  consoleFile: string
  memoryMb?: number
}

export interface Machine {
  console(): string
  running(): boolean
  /** SIGKILL of the emulator: the guest has no instant left to write anything. */
  switchOff(): Promise<void>
}

/** Whether the processor's own virtualisation can be used; without it everything is some ten times slower. In a virtual
 * machine there may be a /dev/kvm without the processor's support for it, on which no guest gets far. */
export function hasKvm(): boolean {
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK)
    return /^flags.* (vmx|svm) /m.test(readFileSync('/proc/cpuinfo', 'utf8'))
  } catch {
    return false
  }
}

// -arch-capabilities: a host that is itself a virtual machine refuses that register (MSR 0x10a).
export function startMachine(options: MachineOptions): Machine {
  const { guest, diskSocket, repo, words, ports, consoleFile, memoryMb = 1536 } = options
  const forwards = ports.map(({ host, guest: inside }) => `,hostfwd=tcp:127.0.0.1:${host}-:${inside}`).join('')
  const log = openSync(consoleFile, 'w')
  const child = spawn(
    '/usr/bin/qemu-system-x86_64',
    [
      ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
      ...(hasKvm() ? ['-accel', 'kvm', '-cpu', 'host,-arch-capabilities'] : ['-accel', 'tcg', '-cpu', 'max']),
      ...['-m', String(memoryMb), '-smp', '1'],
      ...['-kernel', guest.kernel, '-initrd', guest.initramfs],
      ...['-append', ['console=ttyS0 quiet edd=off panic=-1', ...words].join(' ')],
      ...['-serial', 'stdio'],
      // Writeback: the guest sees a disk with a write cache, and its flushes reach the NBD server.
      '-drive',
      `if=none,id=data,format=raw,cache=writeback,file.driver=nbd,file.server.type=unix,file.server.path=${diskSocket}`,
      ...['-device', 'virtio-blk-pci,drive=data'],
      ...['-netdev', `user,id=net,restrict=off${forwards}`, '-device', 'virtio-net-pci,netdev=net,romfile='],
      ...['-virtfs', `local,path=${repo},mount_tag=repo,security_model=none,readonly=on`],
    ],
    { stdio: ['ignore', log, log] },
  )
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  // Nobody else would end it.
  const end = (): boolean => child.kill('SIGKILL')
  process.once('exit', end)
  child.once('close', () => process.off('exit', end))
  return {
    console: () => readFileSync(consoleFile, 'utf8'),
    running: () => child.exitCode === null && child.signalCode === null,
    async switchOff() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await ended
    },
  }
}
