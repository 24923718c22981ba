import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createWriteStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from './eventually.ts'
import { Marionette } from './marionette.ts'
import { freePort } from './ports.ts'

export interface Thunderbird {
  run: Marionette['run']
  stop(): Promise<void>
}

/** Debian's Thunderbird with a profile of its own, on an X server of its own (Xvfb), which resolves these names by a hosts file of its
 * own: both see a mount namespace in which that file is /etc/hosts. Needs root. */
export async function startThunderbird(hosts: Record<string, string>): Promise<Thunderbird> {
  const folder = mkdtempSync(join(tmpdir(), 'postrider-thunderbird-'))
  const profile = join(folder, 'profile')
  mkdirSync(profile)
  const lines = Object.entries({ localhost: '127.0.0.1', ...hosts }).map(([name, address]) => `${address} ${name}\n`)
  writeFileSync(join(folder, 'hosts'), lines.join(''))
  const port = await freePort()
  const prefs: Record<string, string | number | boolean> = {
    'marionette.port': port,
    'network.proxy.type': 0,
    'mail.provider.suppress_dialog_on_startup': true,
    'mail.spotlight.firstRunDone': true,
    'app.update.enabled': false,
    'datareporting.policy.dataSubmissionEnabled': false,
    // Only what the domain itself says is asked for.
    'mailnews.auto_config_url': '',
  }
  const text = Object.entries(prefs).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`,
  )
  writeFileSync(join(profile, 'user.js'), text.join(''))

  const screen = await startScreen()
  const shell =
    'mount --bind "$1" /etc/hosts && exec thunderbird --marionette --remote-allow-system-access --no-remote --profile "$2"'
  const child = spawn('unshare', ['-m', 'sh', '-c', shell, 'sh', join(folder, 'hosts'), profile], {
    env: { ...process.env, HOME: folder, DISPLAY: screen.display, MOZ_DISABLE_CONTENT_SANDBOX: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const log = createWriteStream(join(folder, 'log'))
  for (const stream of [child.stdout, child.stderr]) stream.pipe(log, { end: false })
  const stop = async (): Promise<void> => {
    await end(child)
    await end(screen.child)
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const talk = await eventually(() => Marionette.open(port), 120_000)
    return {
      run: (body, ...args) => talk.run(body, ...args),
      async stop() {
        talk.close()
        await stop()
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** An X server without a screen; it chooses its own number. */
async function startScreen(): Promise<{ child: ChildProcess; display: string }> {
  const child = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1280x900x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  const number = await new Promise<string>((resolve, reject) => {
    child.once('exit', () => reject(new Error('Xvfb did not start')))
    child.stdio[3]?.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()))
  })
  return { child, display: `:${number}` }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await ended
  clearTimeout(late)
}
