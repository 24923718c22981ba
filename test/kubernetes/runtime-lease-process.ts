import { appendFileSync } from 'node:fs'
import { openCluster } from '@postrider/kubernetes/transport/client'
import { runAsLeader } from '@postrider/kubernetes/lease/lease'

/** A candidate for a test to kill: `KUBECONFIG NAME IDENTITY FILE`. Writes a line to the file for each beginning and end of its lead,
 * and one each 100 ms between. */
const [kubeconfig = '', name = '', identity = '', file = ''] = process.argv.slice(2)
const tell = (what: string): void => appendFileSync(file, `${JSON.stringify({ at: Date.now(), identity, what })}\n`)

const leadership = runAsLeader({
  cluster: openCluster({ kubeconfig }),
  namespace: 'default',
  name,
  identity,
  async onStart(signal) {
    tell('begin')
    const working = setInterval(() => tell('work'), 100)
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    clearInterval(working)
    tell('end')
  },
  onLost: (reason) => tell(reason),
})
tell('candidate')
process.once('SIGTERM', () => {
  void leadership.stop().then(() => process.exit(0))
})
