import { shapeOf } from '@postrider/broker/stored'
import type { Envelope } from '@postrider/mail/envelope'
import { z } from 'zod'

/** A queue id becomes a token of a NATS subject, so it must not contain characters with a meaning there. */
const queueId = z.string().regex(/^[\w-]{1,100}$/, 'is not a queue id')

const recipient = z.looseObject({
  address: z.string().min(1),
  notify: z.union([z.literal('NEVER'), z.array(z.enum(['SUCCESS', 'FAILURE', 'DELAY']))]).optional(),
  orcpt: z.string().optional(),
})

export const envelopeShape = shapeOf<Envelope>(
  z.looseObject({
    id: queueId,
    from: z.string(),
    recipients: z.array(recipient).min(1),
    domain: z.string(),
    credential: z.string(),
    acceptedAt: z.number(),
    releaseAt: z.number().optional(),
    heldAt: z.number().optional(),
    size: z.number(),
    messageId: z.string(),
    notice: z.looseObject({ of: z.string(), kind: z.string() }).optional(),
  }),
)
