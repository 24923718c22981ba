import { z } from 'zod'
import { cidr, domainName, duration, emailAddress, port, reference, resolverAddress, size, someTime } from './fields.ts'
import { Api } from './api.ts'
import { Broker } from './broker.ts'
import { Pods } from './pods.ts'
import { Protection } from './protection.ts'
import { durationMs } from './quantity.ts'
import { Scanning } from './scanning.ts'
import { Service } from './service.ts'
import { TELEMETRY_OFFSETS } from './telemetry.ts'
import { Tls } from './tls.ts'

const Listener = z.strictObject({
  mode: z
    .enum(['ImplicitTLS', 'STARTTLS', 'TrustedNetworks'])
    .describe(
      'ImplicitTLS: TLS from the first octet (RFC 8314, port 465). STARTTLS: port 587. TrustedNetworks: no login, for the networks named, as with mynetworks of Postfix.',
    ),
  port: port().describe('TCP port.'),
  address: z.string().max(253).default('0.0.0.0').describe('Local address to listen on.'),
  networks: z.array(cidr()).max(100).default([]).describe('TrustedNetworks: who may connect.'),
  credential: emailAddress()
    .optional()
    .describe('TrustedNetworks: the credential whose rights and limits such clients have.'),
  clientCertificate: z
    .enum(['None', 'Optional', 'Required'])
    .default('None')
    .describe(
      'Whether clients are asked for a certificate of tls.clientCA. Optional: who shows one may log in by it (AUTH EXTERNAL), all others by their password. Required: nobody logs in without one.',
    ),
  proxyProtocol: z
    .strictObject({
      trusted: z.array(cidr()).min(1).max(100).describe('Networks of the proxies. From all others no header is read.'),
    })
    .optional()
    .describe(
      "For a load balancer that hides the clients' addresses: connections from it begin with a PROXY header of version 1 or 2.",
    ),
  servicePort: port().optional().describe('Kubernetes: port of the Service; 465, 587 and 25 by mode when not given.'),
})

const Timeouts = z.strictObject({
  connect: someTime().default('30s').describe('For the TCP connection to one address.'),
  greeting: someTime().default('5m').describe('For the 220 greeting (RFC 5321, 4.5.3.2.1).'),
  mail: someTime().default('5m').describe('For the reply to EHLO and MAIL (4.5.3.2.2).'),
  rcpt: someTime().default('5m').describe('For the reply to RCPT (4.5.3.2.3).'),
  data: someTime().default('2m').describe('For the reply to DATA (4.5.3.2.4).'),
  block: someTime().default('3m').describe('In which the remote must take in some content (4.5.3.2.5).'),
  final: someTime().default('10m').describe('For the reply to the final dot (4.5.3.2.6).'),
})

const Tenants = z.strictObject({
  namespaces: z
    .strictObject({
      from: z
        .enum(['Same', 'All', 'Selector'])
        .default('Same')
        .describe("Same: the MailPlatform's own namespace. Selector: those whose labels match."),
      selector: z
        .strictObject({
          matchLabels: z.record(z.string(), z.string()).default({}).describe('Labels that a namespace must have.'),
        })
        .optional()
        .describe('For Selector.'),
    })
    .prefault({})
    .describe('Namespaces whose Domains, credentials and limits are served.'),
})

const Verification = z.strictObject({
  sending: z
    .enum(['AtOnce', 'AfterOwnership', 'AfterRecords'])
    .default('AfterOwnership')
    .describe(
      'When a Domain may send: at once; when its ownership record is in the DNS; when SPF, DKIM and DMARC are there as well.',
    ),
  recheck: someTime()
    .refine((given) => durationMs(given) >= 1000, 'must be at least 1s')
    .default('1h')
    .describe('How often the DNS is looked at again once all is well; sooner before.'),
  senderAddresses: z
    .enum(['ByCode', 'Never'])
    .default('ByCode')
    .describe(
      'Whether a SenderAddress counts once the code mailed to it is given back. Never: those there are count no more.',
    ),
})

/** The platform: what all tenants share. There is one. */
export const MailPlatformSpec = z.strictObject({
  hostName: domainName().describe(
    'Full name this platform calls itself in its greeting, EHLO, Received and Message-ID fields. Should resolve to its address, and back.',
  ),
  ingress: z
    .strictObject({
      replicas: z.int().min(1).max(64).default(1).describe('Ingress processes. Standalone they share the ports.'),
      ...Pods,
      listeners: z
        .array(Listener)
        .min(1)
        .max(8)
        .default([
          { mode: 'ImplicitTLS', port: 1465, address: '0.0.0.0', networks: [], clientCertificate: 'None' },
          { mode: 'STARTTLS', port: 1587, address: '0.0.0.0', networks: [], clientCertificate: 'None' },
        ])
        .describe('Ports that mail is submitted on.'),
      tls: Tls.optional().describe('Without it a local CA and certificate are made, for trying out.'),
      service: Service.prefault({}).describe('Kubernetes: the Service that mail is submitted through.'),
      clientHost: domainName()
        .optional()
        .describe(
          "Name that clients connect to, as they and the credentials' Secrets are told; by default hostName, in Kubernetes the Service's own unless that is a LoadBalancer.",
        ),
      messageSize: size().default('25Mi').describe('Largest message, announced by SIZE (RFC 1870).'),
      longestHold: duration()
        .default('30d')
        .describe(
          'For how long a client may have a message held before its first attempt, announced by FUTURERELEASE (RFC 4865); 0 turns that off.',
        ),
      protection: Protection.prefault({}).describe('What the submission ports bear of strangers and guessers.'),
    })
    .prefault({})
    .describe('How mail is submitted.'),
  delivery: z
    .strictObject({
      replicas: z.int().min(1).max(64).default(1).describe('Delivery processes.'),
      ...Pods,
      smtpPort: port().default(25).describe('TCP port of remote mail servers; anything but 25 is for tests.'),
      timeouts: Timeouts.prefault({}).describe('How long a remote is waited for (RFC 5321, 4.5.3.2).'),
      internalNetworks: z
        .array(cidr())
        .max(100)
        .default([])
        .describe(
          'Networks that an MX record must not lead to, besides those that are not public anyway: for instance public addresses that a cluster uses for its Pods.',
        ),
      poolRef: reference('DeliveryPool').optional().describe('Pool for destinations whose policy names none.'),
    })
    .prefault({})
    .describe('How mail is delivered.'),
  notifier: z.strictObject({ resources: Pods.resources }).prefault({}).describe('What writes notices and the log.'),
  api: Api.prefault({}).describe('The HTTP service: how mail clients find their settings.'),
  tenants: Tenants.prefault({}).describe('Kubernetes: who may use the platform.'),
  verification: Verification.prefault({}).describe(
    "How the tenants' domains and addresses are verified; of domains in Kubernetes only.",
  ),
  dns: z
    .strictObject({
      resolvers: z
        .array(resolverAddress())
        .max(8)
        .default([])
        .describe("DNS servers to ask, as address or address:port. Empty: the system's."),
    })
    .prefault({})
    .describe('Whom to ask for MX and addresses.'),
  scanning: Scanning.prefault({}).describe('Scanners that look at each message before it is taken; none by default.'),
  retry: z
    .strictObject({
      firstDelay: someTime().default('5m').describe('Delay after the first attempt; doubles from there.'),
      maxDelay: someTime().default('4h').describe('Longest delay between two attempts.'),
      jitterPercent: z
        .int()
        .min(0)
        .max(50)
        .default(10)
        .describe('By how much a delay is made shorter or longer at random.'),
      lifetime: someTime()
        .default('5d')
        .describe('From acceptance to the final bounce (RFC 5321, 4.5.4.1: 4 to 5 days).'),
    })
    .prefault({})
    .describe('When a message is tried again.'),
  notices: z
    .strictObject({
      delayedAfter: duration()
        .default('4h')
        .describe('A message still queued then is reported once as delayed; 0 turns that off.'),
      fullMessageSize: size()
        .default('50Ki')
        .describe('Originals up to this size are returned whole in a failure notice.'),
      from: emailAddress().optional().describe('From of notices; MAILER-DAEMON at hostName by default.'),
    })
    .prefault({})
    .describe('What submitters are told (RFC 3464).'),
  retention: z
    .strictObject({
      placeholder: duration()
        .default('90d')
        .describe('How long what happened to a message can be told after its content is deleted.'),
    })
    .prefault({})
    .describe('How long the platform remembers. How long content stays is said by each Domain.'),
  broker: Broker.prefault({}).describe('The queue.'),
  telemetry: z
    .strictObject({
      address: z.string().default('127.0.0.1').describe('Standalone: address of /healthz, /readyz and /metrics.'),
      basePort: port()
        .default(19464)
        .describe(
          `Standalone: notifier; the HTTP service from ${TELEMETRY_OFFSETS.api} up, delivery from ${TELEMETRY_OFFSETS.delivery} up, ingress from ${TELEMETRY_OFFSETS.ingress} up.`,
        ),
    })
    .prefault({})
    .describe('Where the services tell how they are.'),
  sandbox: z
    .strictObject({ port: port().default(1525).describe('Port on loopback.') })
    .optional()
    .describe('Standalone: also start a receiver that takes all mail and keeps it as files, for trying out.'),
})
export type MailPlatformSpec = z.infer<typeof MailPlatformSpec>
