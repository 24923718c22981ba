import { startPostfix } from '../support/postfix.ts'
import type { Contender, ContenderOptions } from './contender.ts'
import { startOpendkim } from './opendkim.ts'

/** Postfix as somebody who needs throughput would set it up. It syncs each message before its 250, as it always does.
 * What differs from its defaults, and why:
 * - default_process_limit 100 -> 500: 100 sessions, their cleanup daemons and 100 deliveries at a time fit.
 * - default_destination_concurrency_limit 20 -> 100 and initial_destination_concurrency 5 -> 20: all load goes to one
 *   receiver that takes whatever comes.
 * - in_flow_delay 1s -> 0: intake is not slowed down in favour of delivery.
 * - qmgr_message_active_limit 20000 -> 50000: no message of a run waits in the incoming queue.
 * - smtpd_client_connection_count_limit and the other anvil limits do not hold for loopback.
 * Demand connection caching (scache) is on, as by default. */
const TUNED = {
  default_process_limit: '500',
  default_destination_concurrency_limit: '100',
  initial_destination_concurrency: '20',
  in_flow_delay: '0',
  qmgr_message_active_limit: '50000',
  qmgr_message_recipient_limit: '50000',
}

export async function startContender({ sink, dkim }: ContenderOptions): Promise<Contender> {
  const signer = dkim ? await startOpendkim('sender.test') : undefined
  const milter: Record<string, string> =
    signer === undefined
      ? {}
      : { smtpd_milters: `inet:127.0.0.1:${signer.port}`, milter_default_action: 'tempfail', milter_protocol: '6' }
  const postfix = await startPostfix({
    hostName: 'mail.sender.test',
    relayTo: sink,
    parameters: { ...TUNED, ...milter },
  })
  return {
    name: 'Postfix',
    relay: { host: postfix.host, port: postfix.port },
    pids: [postfix.pid, ...(signer === undefined ? [] : [signer.pid])],
    async stop() {
      await postfix.stop()
      await signer?.stop()
    },
  }
}
