import { matchesGlob } from 'node:path'
import { testFiles } from '../files.ts'

/** Tests beside the code that open sockets or start processes. `make unit` leaves them out; guard.ts fails any other that does so. */
export const OUTSIDE = [
  'lib/broker/follow-bucket.test.ts',
  'lib/kubernetes/transport/transport.test.ts',
  'lib/mail/dkim.test.ts',
  'lib/runtime-config/store.test.ts',
  'lib/tls/cms.test.ts',
  'services/api/api.test.ts',
  'services/api/setup/setup.test.ts',
  'services/delivery/attempt-replies.test.ts',
  'services/delivery/attempt.test.ts',
  'services/delivery/outcome/onward.test.ts',
  'services/delivery/route/resolver.test.ts',
  'services/delivery/transaction/connection.test.ts',
  'services/delivery/transaction/odd-remotes.test.ts',
  'services/delivery/transaction/series.test.ts',
  'services/delivery/transaction/smtp-sink.test.ts',
  'services/delivery/transaction/transaction.test.ts',
  'services/ingress/scan/rspamd.test.ts',
  'services/ingress/session/smtp-server-adapter.test.ts',
  'services/ingress/session/submission-server.test.ts',
  'services/notifier/quarantine/skips.test.ts',
  'services/notifier/report/build.property.test.ts',
  'services/notifier/report/build.test.ts',
  'services/notifier/report/seven-bit.test.ts',
  'services/notifier/retention/discards.test.ts',
  'standalone/lock.test.ts',
  'standalone/supervise.test.ts',
]

/** Tests that stay inside their process and still take more than a second, because they try very many inputs. */
export const SLOW = ['lib/queue/settled-index.test.ts', 'lib/reply/properties.test.ts']

/** The test files that `make unit` runs, sorted, relative to `root`. */
export async function unitTestFiles(root: string): Promise<string[]> {
  const leftOut = new Set([...OUTSIDE, ...SLOW])
  return (await testFiles(root)).filter((file) => !matchesGlob(file, 'test/**') && !leftOut.has(file))
}
