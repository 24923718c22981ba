import { z } from 'zod'

/** A port for submission. */
export const listenerSettings = z.object({
  /** `submissions`: TLS from the first octet (RFC 8314); `submission`: STARTTLS; `relay`: no login, trusted networks only. */
  kind: z.enum(['submissions', 'submission', 'relay']),
  host: z.string(),
  port: z.int().min(0).max(65_535),
  /** relay: CIDR networks that may send. */
  networks: z.array(z.string()).default([]),
  /** CIDR networks of proxies that send a PROXY header at the beginning of each connection. */
  proxies: z.array(z.string()).default([]),
  /** Whether clients are asked for a certificate. `Optional`: a client with a certificate may log in with it. `Required`: no login
   * without a certificate. */
  clientCertificate: z.enum(['None', 'Optional', 'Required']).default('None'),
  /** relay: the credential that clients send as. */
  credential: z.string().optional(),
})
export type ListenerSettings = z.output<typeof listenerSettings>
