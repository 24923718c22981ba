import { z } from 'zod'
import { port } from './fields.ts'

const file = () => z.string().min(1).max(1024)

/** The queue: one broker, three brokers on the same machine, or an external one. */
export const Broker = z.strictObject({
  shards: z
    .int()
    .min(1)
    .max(16)
    .default(4)
    .describe('Number of streams that accepted mail is spread over. Can be increased, never decreased.'),
  port: port()
    .default(14222)
    .describe(
      'Standalone: port of the broker on the loopback interface. With three servers, the first of six ports: three for clients, then three for the servers among themselves.',
    ),
  servers: z
    .literal([1, 3])
    .default(1)
    .describe(
      'Standalone: broker processes on this machine. With three, each keeps a copy of every stream, and mail keeps flowing while one of them is down. Cannot be changed for an existing queue.',
    ),
  replicas: z
    .literal([1, 3, 5])
    .default(1)
    .describe(
      'Copies of each stream, in Kubernetes and in an external broker (url); at most the number of servers of the broker.',
    ),
  url: z
    .string()
    .max(1024)
    .regex(
      /^(nats|tls):\/\/[^\s,/@]+(,(nats|tls):\/\/[^\s,/@]+)*$/,
      'must be nats://HOST:PORT or tls://HOST:PORT without a password; separate several with commas',
    )
    .optional()
    .describe(
      'Standalone: an external broker instead of one run by Postrider; list every server. Configure its accounts with the output of `postrider broker-config`.',
    ),
  passwordsFile: file()
    .optional()
    .describe(
      'Standalone, with url: JSON file with the password of each account, as written by `postrider broker-config`.',
    ),
  caFile: file()
    .optional()
    .describe("Standalone, with url: PEM file with the CAs of the servers' certificates; default: the system's CAs."),
  certificateFile: file().optional().describe('Standalone, with url: PEM file of a client certificate.'),
  keyFile: file().optional().describe('Standalone, with url: PEM file of its private key.'),
})
