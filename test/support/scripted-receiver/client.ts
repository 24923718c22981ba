import type { Envelope } from '@postrider/mail/envelope'
import type { TimeoutConfig } from '@postrider/runtime-config/config'
import type { ConnectOptions } from '../../../services/delivery/transaction/connection.ts'
import type { ScriptedReceiver } from './script.ts'

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

export function optionsFor(receiver: ScriptedReceiver, given: Partial<ConnectOptions> = {}): ConnectOptions {
  const { host, port } = receiver
  return {
    host: 'mx.test',
    address: host,
    port,
    ehloName: 'mail.test',
    tls: 'opportunistic',
    timeouts: TIMEOUTS,
    ...given,
  }
}

export function envelopeTo(addresses: string[], given: Partial<Envelope> = {}): Envelope {
  return {
    id: 'q1',
    from: 'sam@sender.test',
    recipients: addresses.map((address) => ({ address })),
    eightBit: false,
    utf8: false,
    domain: 'sender.test',
    credential: 'sam@sender.test',
    acceptedAt: 0,
    size: 100,
    messageId: '<1@sender.test>',
    ...given,
  }
}
