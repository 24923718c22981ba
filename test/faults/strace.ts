import { spawn, spawnSync } from 'node:child_process'
import { createReadStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** A system call as it was made and as it returned. Orders are places in the trace: one line of strace is one event. */
export interface Call {
  name: string
  /** Everything between the parentheses, file names and data in it. */
  args: string
  entered: number
  returned: number
  /** When it was entered, milliseconds since the epoch. */
  at: number
}

export interface Trace {
  /** Detaches; resolves with the calls that returned, in the order of their return. */
  end(): Promise<Call[]>
}

/** Why system calls can't be traced here, or false. */
export function straceMissing(): string | false {
  const { error, status } = spawnSync('strace', ['-o', '/dev/null', 'true'])
  if (error) return 'strace is not installed (Debian: apt install strace)'
  return status === 0 ? false : 'strace may not trace processes here (ptrace is not permitted)'
}

/** Follows a process and all its threads, until end(). Data longer than `dataBytes` is cut. */
export async function trace(pid: number, calls: string[], dataBytes = 8192): Promise<Trace> {
  const folder = mkdtempSync(join(tmpdir(), 'postrider-strace-'))
  const file = join(folder, 'trace')
  const options = ['-f', '-ttt', '-yy', '-s', String(dataBytes), '-e', `trace=${calls.join()}`, '-o', file]
  const child = spawn('strace', [...options, '-p', String(pid)], { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  let said = ''
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      if (/ attached/.test(said)) resolve()
    })
    child.once('exit', () => reject(new Error(`strace ended: ${said}`)))
  })
  return {
    async end() {
      child.kill('SIGINT')
      await ended
      try {
        return await read(file)
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    },
  }
}

/** When another thread's event comes between, strace writes a call as two lines, `<unfinished ...>` and `<... resumed>`. */
async function read(file: string): Promise<Call[]> {
  const calls: Call[] = []
  const open = new Map<string, Call>()
  let place = 0
  for await (const line of createInterface({ input: createReadStream(file, 'latin1') })) {
    place++
    const [, thread = '', seconds = '', rest = ''] = /^(\d+) +(\d+\.\d+) (.*)$/.exec(line) ?? []
    const resumed = /^<\.\.\. (\w+) resumed>(.*)$/.exec(rest)
    const begun = open.get(thread)
    if (resumed !== null && begun !== undefined) {
      open.delete(thread)
      calls.push({ ...begun, args: begun.args + (resumed[2] ?? ''), returned: place })
      continue
    }
    const [, name = '', args = ''] = /^(\w+)\((.*)$/.exec(rest) ?? []
    if (name === '') continue
    const whole = args.replace(/ *<unfinished \.\.\.>$/, '')
    const call = { name, args: whole, entered: place, returned: place, at: Number(seconds) * 1000 }
    if (whole === args) calls.push(call)
    else open.set(thread, call)
  }
  return calls
}
