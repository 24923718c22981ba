import { afterEach } from 'node:test'
import type { TimeoutConfig } from '@postrider/runtime-config/config'
import { connect } from '../../../services/delivery/transaction/connection.ts'
import type { ConnectOptions, SmtpConnection } from '../../../services/delivery/transaction/connection.ts'
import { startReceiver } from './receiver.ts'
import type { Receiver, ReceiverOptions } from './receiver.ts'

/** Long enough for a slow machine; a test of one stage's time makes that one short. */
export const TIMEOUTS: TimeoutConfig = {
  connectMs: 20_000,
  greetingMs: 20_000,
  mailMs: 20_000,
  rcptMs: 20_000,
  dataMs: 20_000,
  blockMs: 20_000,
  finalMs: 20_000,
}

export interface Remotes {
  receive(options?: ReceiverOptions): Promise<Receiver>
  /** Connects as delivery does. */
  open(receiver: Receiver, given?: Partial<ConnectOptions>): Promise<SmtpConnection>
}

/** Receivers and connections to them, which are closed after each test of the suite that this is called in. */
export function remotes(): Remotes {
  const ends: (() => unknown)[] = []
  afterEach(async () => {
    for (const end of ends.splice(0)) await end()
  })
  return {
    async receive(options) {
      const receiver = await startReceiver(options)
      ends.push(() => receiver.close())
      return receiver
    },
    async open({ host: address, port }, given) {
      const options = { host: 'mx.test', address, port, ehloName: 'mail.test', timeouts: TIMEOUTS }
      const connection = await connect({ ...options, tls: 'opportunistic', ...given })
      ends.push(() => connection.dialogue.destroy())
      return connection
    },
  }
}
