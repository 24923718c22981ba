import { shapeOf } from '@postrider/broker/stored'
import { z } from 'zod'

/** Where the content of a message is stored: the sequence of its record in a MAIL stream, and the sequences of its parts in the same
 * stream. */
export interface ContentRef {
  stream: string
  seq: number
  parts: number[]
}

const sequence = z.number().int().nonnegative()

export const contentRefShape = shapeOf<ContentRef>(
  z.looseObject({ stream: z.string().min(1), seq: sequence, parts: z.array(sequence) }),
)
