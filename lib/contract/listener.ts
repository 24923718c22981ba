import { z } from 'zod'

/** A port that mail is submitted on. */
export const listenerSettings = z.object({
  /** `submissions`: TLS from the first octet (RFC 8314); `submission`: STARTTLS; `relay`: no login, trusted networks only. */
  kind: z.enum(['submissions', 'submission', 'relay']),
  host: z.string(),
  port: z.int().min(0).max(65_535),
  /** relay: CIDR networks that may send. */
  networks: z.array(z.string()).default([]),
  /** CIDR networks of proxies that put a PROXY header before each connection. */
  proxies: z.array(z.string()).default([]),
  /** What is asked of clients besides a login: no certificate, one that may log in by itself, or one without which no one logs in. */
  clientCertificate: z.enum(['None', 'Optional', 'Required']).default('None'),
  /** relay: the credential that clients send as. */
  credential: z.string().optional(),
})
export type ListenerSettings = z.output<typeof listenerSettings>
