import type { Envelope } from '@postrider/mail/envelope'

/** An envelope with nothing remarkable, but for what the test gives. */
export function envelope(given: Partial<Envelope> = {}): Envelope {
  return {
    id: crypto.randomUUID(),
    from: 'sam@sender.test',
    recipients: [{ address: 'kim@remote.test' }],
    eightBit: false,
    utf8: false,
    domain: 'sender.test',
    credential: 'sam@sender.test',
    acceptedAt: Date.now(),
    size: 1,
    messageId: '<1@sender.test>',
    ...given,
  }
}

/** An envelope to these addresses, the same each time. */
export function envelopeTo(addresses: string[], given: Partial<Envelope> = {}): Envelope {
  const recipients = addresses.map((address) => ({ address }))
  return envelope({ id: 'q1', recipients, acceptedAt: 0, size: 100, ...given })
}
