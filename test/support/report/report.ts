import type { Report } from '../../../services/notifier/report/report.ts'
import { envelope } from '../envelope.ts'

/** A failure notice about one recipient, but for what the test gives. */
export function report(given: Partial<Report> = {}): Report {
  return {
    kind: 'failed',
    reportingMta: 'mail.platform.test',
    from: 'MAILER-DAEMON@mail.platform.test',
    to: 'sam@sender.test',
    original: envelope({
      id: '01ORIGINAL',
      acceptedAt: Date.UTC(2026, 0, 5, 8, 30),
      size: 100,
      messageId: '<original@sender.test>',
    }),
    outcomes: [
      {
        recipient: { address: 'kim@remote.test' },
        status: '5.1.1',
        reply: '550 5.1.1 no such user',
        category: 'unknown-user',
        remoteMta: 'mx1.remote.test',
        at: Date.UTC(2026, 0, 5, 8, 31),
      },
    ],
    returned: { headers: Buffer.from('From: sam@sender.test\r\nSubject: hello\r\n') },
    messageId: '<notice@mail.platform.test>',
    date: Date.UTC(2026, 0, 5, 8, 32),
    ...given,
  }
}
