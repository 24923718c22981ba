import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runDaemon } from './clamd.ts'
import type { Daemon } from './clamd.ts'
import { find, needs } from './needs.ts'
import { freePort } from './ports.ts'

const PATTERN = ['JS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD', '-ANTI-UBE-TEST-EMAIL*C.34X'].join('')
/** Lines that rspamd rejects, and that it wants a header for. */
export const GTUBE = `X${PATTERN}`
export const GTUBE_ADD_HEADER = `Y${PATTERN}`

export const rspamdMissing = (): string | false => needs('rspamd', 'rspamd')

/** A real rspamd without rules but GTUBE's, and one that gives a mail whose subject is `points N` so many points. It asks no
 * other server anything. */
export async function startRspamd(): Promise<Daemon> {
  const folder = mkdtempSync(join(tmpdir(), 'postrider-rspamd-'))
  const port = await freePort()
  // Its own list of some 10,000 top-level domains takes it seconds to compile.
  writeFileSync(join(folder, 'tlds'), 'test\n')
  writeFileSync(
    join(folder, 'rules.lua'),
    `rspamd_config:register_symbol({ name = 'POINTS', type = 'callback', callback = function(task)
  local points = (task:get_subject() or ''):match('^points (%d+)$')
  if points then task:insert_result('POINTS', tonumber(points)) end
end })
rspamd_config:set_metric_symbol({ name = 'POINTS', score = 1.0 })
`,
  )
  const config = join(folder, 'rspamd.conf')
  writeFileSync(
    config,
    `options {
  pidfile = "${folder}/pid";
  tempdir = "${folder}";
  hs_cache_dir = "${folder}";
  control_socket = "${folder}/control";
  url_tld = "${folder}/tlds";
  filters = "";
  enable_test_patterns = true;
  dns { nameserver = ["127.0.0.1:1"]; }
}
logging { type = "console"; level = "info"; }
worker "normal" { bind_socket = "127.0.0.1:${port}"; count = 1; }
actions { reject = 15; "add header" = 6; }
lua = "${folder}/rules.lua";
`,
  )
  // rspamd runs as root only with this option.
  const args = [...(process.getuid?.() === 0 ? ['-i'] : []), '-f', '-c', config]
  const daemon = await runDaemon(find('rspamd') ?? 'rspamd', args, port, async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/ping`, { signal: AbortSignal.timeout(2000) })
    return answer.ok
  })
  return { ...daemon, stop: () => daemon.stop().then(() => rmSync(folder, { recursive: true, force: true })) }
}
