import { openBroker } from '@postrider/broker/connection'
import { openFatalAttempts } from '@postrider/queue/fatal-attempts'
import type { Taken } from '@postrider/queue/take'
import { MAX_SHARED_DELIVERIES, createIsolation } from '../../../services/delivery/isolation.ts'
import { envelope } from '../../support/envelope.ts'
import { noTrouble } from '../../support/trouble.ts'

/** A delivery worker that has jobs in hand which were given out often, and whose process ends in the attempt at the job `poison`. */
const [url = '', ...ids] = process.argv.slice(2)
const broker = await openBroker('test', { servers: [url], user: 'test', password: 'test' })
const isolate = createIsolation(broker, openFatalAttempts(broker, noTrouble), () => undefined)
const taken = (id: string): Taken =>
  ({
    job: {
      envelope: envelope({ id }),
      part: 0,
      attempt: 0,
      destination: 'remote.test',
      content: { stream: 'MAIL_0', seq: 1, parts: [] },
    },
    deliveries: MAX_SHARED_DELIVERIES + 1,
    ack: () => undefined,
  }) as Partial<Taken> as Taken

await Promise.all(
  ids.map((id) =>
    isolate(taken(id), async () => {
      if (id === 'poison') process.exit(9)
    }),
  ),
)
await broker.close()
