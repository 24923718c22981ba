import { z } from 'zod'
import { port } from './fields.ts'

const file = () => z.string().min(1).max(1024)

/** The queue: one broker, three on the same machine, or an outside one. */
export const Broker = z.strictObject({
  shards: z
    .int()
    .min(1)
    .max(16)
    .default(4)
    .describe('Streams that accepted mail is spread over. May grow, never shrink.'),
  port: port()
    .default(14222)
    .describe(
      'Standalone: port on loopback of the broker. With three servers, the first of six: one a server for clients, then one a server for the others.',
    ),
  servers: z
    .literal([1, 3])
    .default(1)
    .describe(
      'Standalone: broker processes on this machine. Each of the three keeps a copy of every stream, and mail keeps flowing while one of them is down. Chosen once: the queue of one cannot become the queue of three.',
    ),
  replicas: z
    .literal([1, 3, 5])
    .default(1)
    .describe(
      'Copies of each stream, in Kubernetes and in a broker given by url; no more than the broker has servers.',
    ),
  url: z
    .string()
    .max(1024)
    .regex(
      /^(nats|tls):\/\/[^\s,/@]+(,(nats|tls):\/\/[^\s,/@]+)*$/,
      'must be nats://HOST:PORT or tls://HOST:PORT, several by comma, without a password',
    )
    .optional()
    .describe(
      'Standalone: a broker that is run elsewhere, instead of one of its own; name every server. Its accounts are configured with what `postrider broker-config` prints.',
    ),
  passwordsFile: file()
    .optional()
    .describe(
      'Standalone, with url: JSON file with the password of each account, as `postrider broker-config` made it.',
    ),
  caFile: file()
    .optional()
    .describe("Standalone, with url: PEM file of the CAs of the servers' certificates; the system's when not given."),
  certificateFile: file().optional().describe('Standalone, with url: PEM file of a client certificate.'),
  keyFile: file().optional().describe('Standalone, with url: PEM file of its private key.'),
})
