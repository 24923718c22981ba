import { z } from 'zod'

/** Host and ports for submission; a port is absent if there is no such listener. */
export const submission = z.object({
  host: z.string().min(1),
  implicitTls: z.int().min(1).max(65_535).optional(),
  startTls: z.int().min(1).max(65_535).optional(),
})
export type Submission = z.output<typeof submission>
