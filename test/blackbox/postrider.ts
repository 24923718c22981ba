import { readFileSync } from 'node:fs'
import { startPlatform } from '../support/platform.ts'
import { startReceiver } from '../support/receiver/receiver.ts'
import type { RunningService } from './postfix-submission.ts'

/** A Postrider of its own, with its usual settings but for the size of messages; all mail goes to a receiver. */
export async function startPostrider(messageBytes: number): Promise<RunningService> {
  const receiver = await startReceiver()
  const platform = await startPlatform({ routeTo: receiver, messageSize: String(messageBytes) })
  const { submission, submissions } = platform.ports
  const { username, password } = platform.credential
  return {
    service: { name: 'Postrider', host: '127.0.0.1', submissions, submission, username, password, receiver },
    ca: readFileSync(platform.caFile, 'utf8'),
    state: platform.state,
    async stop() {
      await platform.stop()
      platform.remove()
      await receiver.close()
    },
  }
}
