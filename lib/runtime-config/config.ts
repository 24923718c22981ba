import type { ProtectionConfig } from './protection.ts'

/** What the running services need to know, as the plan yields it. All names in lower case, durations in milliseconds. */
export interface RuntimeConfig {
  platform: PlatformConfig
  /** By domain name (A-labels). */
  domains: Map<string, DomainConfig>
  /** Domains that are declared and whose settings cannot be read, and could not be since this process began. */
  unreadableDomains?: ReadonlySet<string>
  /** By full login address. */
  credentials: Map<string, CredentialConfig>
  /** In the order in which they are to be tried; the first whose match fits decides. */
  policies: PolicyConfig[]
  /** By pool name. */
  pools: Map<string, PoolConfig>
}

export interface PlatformConfig {
  /** Fully qualified name this platform calls itself in its greeting, EHLO, Received and Message-ID fields. */
  hostName: string
  retry: RetryConfig
  notices: NoticeConfig
  /** How long the history of a message is kept after its content is deleted. */
  placeholderMs: number
  /** `address:port` of each DNS resolver; empty means the system's. */
  resolvers: string[]
  /** Hard ceiling on a message, whatever an SMTPLimit says; announced by SIZE. Octets. */
  messageBytes: number
  /** For how long a client may have a message held before its first attempt (RFC 4865); 0 offers it to nobody. */
  longestHoldMs: number
  protection: ProtectionConfig
  /** TCP port of remote MX hosts: 25 but in tests. */
  smtpPort: number
  /** In CIDR form: an MX record must not lead there, as to all that is not public. A publisher of an earlier release writes none. */
  internalNetworks?: string[]
  timeouts: TimeoutConfig
  /** Name of the pool for messages whose policy names none. */
  pool?: string
  /** Absent when no scanner is named. */
  scanning?: ScanningConfig
  /** After this time a message held for review that was not released is deleted, and its sender notified. */
  heldMs?: number
}

/** Who looks at a message before it is taken, and what follows from what they say. */
export interface ScanningConfig {
  clamav?: ClamavConfig
  rspamd?: RspamdConfig
  /** Verdict: every scanned message tells what was found; None: only one that is tagged does. */
  headers: 'None' | 'Verdict'
}

export interface ScannerConfig {
  timeoutMs: number
  /** Larger messages are not shown to the scanner. Octets. */
  maxBytes: number
  tooLarge: 'Reject' | 'Hold' | 'Tag'
  /** TempFail: without a verdict the client is answered 451. Open: the message goes on. */
  unavailable: 'TempFail' | 'Open'
}

export interface ClamavConfig extends ScannerConfig {
  /** `host:port`, `[v6]:port`, or the path of a Unix socket. */
  address: string
  infected: 'Reject' | 'Hold' | 'Tag'
}

export interface RspamdConfig extends ScannerConfig {
  /** `http://host:port` */
  url: string
  /** What follows from rspamd's action `reject`. */
  reject: 'Reject' | 'Hold' | 'Tag'
  /** What follows from its actions `add header` and `rewrite subject`. */
  addHeader: 'Reject' | 'Hold' | 'Tag' | 'Pass'
  /** Points from which a message is refused or held, whatever rspamd's action is. */
  rejectScore?: number
  holdScore?: number
}

export interface RetryConfig {
  firstMs: number
  capMs: number
  /** Share by which a delay may be shorter or longer, 0 to 1. */
  jitter: number
  /** From acceptance to the final bounce. */
  lifetimeMs: number
}

export interface NoticeConfig {
  /** A message still queued after this long is reported once as delayed; 0 turns that off. */
  delayedAfterMs: number
  /** Originals up to this size are returned whole in a failure notice, larger ones by their headers. Octets. */
  fullMessageBytes: number
  /** From field of notices: `MAILER-DAEMON@host`. */
  from: string
}

/** RFC 5321, 4.5.3.2. */
export interface TimeoutConfig {
  connectMs: number
  greetingMs: number
  mailMs: number
  rcptMs: number
  dataMs: number
  /** Between two writes of content that the peer takes in. */
  blockMs: number
  /** Timeout for the reply to the final dot. */
  finalMs: number
}

export interface DomainConfig {
  name: string
  /** A suspended domain's logins are refused with 4xx; what is queued waits. */
  suspended: boolean
  dkim: DkimConfig[]
  /** From patterns that every credential of the domain may use besides its own address: `a@b` or `*@b`. */
  allowedSenders: string[]
  limit?: LimitConfig
  /** Another text than before ends a suspension for abuse. */
  resume?: string
  /** How long content stays after all recipients are settled; 0 = at once. */
  retentionMs: number
  /** Tell submitters of deliveries even where they did not ask by NOTIFY=SUCCESS. */
  notifyDelivered: boolean
  /** Where its mail is read, for mail clients; IMAP first. */
  incoming?: IncomingConfig[]
}

/** A server that a domain's mail is read at. */
export interface IncomingConfig {
  protocol: 'imap' | 'pop3'
  host: string
  port: number
  /** TLS from the first octet; STARTTLS otherwise. */
  implicitTls: boolean
  /** What its users log in with there. */
  userName: 'Address' | 'LocalPart'
}

export interface DkimConfig {
  selector: string
  algorithm: 'rsa-sha256' | 'ed25519-sha256'
  /** PKCS#8 PEM, sealed with the platform key (see seal.ts). */
  sealedKey: string
}

export interface CredentialConfig {
  address: string
  domain: string
  /** scrypt verifiers (see credential/hash.ts); more than one while a rotation overlaps. */
  passwordHashes: string[]
  /** Names of certificates that log in as well: host names and addresses in lower case, URIs. */
  certificateNames?: string[]
  allowedSenders: string[]
  suspended: boolean
  limit?: LimitConfig
  /** As of DomainConfig. */
  resume?: string
}

export interface LimitConfig {
  /** Name of the SMTPLimit, for the refusal's text. */
  name: string
  /** In any 24 hours, counted at the 250. */
  messagesPerDay?: number
  recipientsPerDay?: number
  messagesPerMinute?: number
  rate?: RateConfig
  /** Sessions that are logged in at the same time. */
  concurrentSessions?: number
  /** New recipient domains in any 24 hours: those nothing was sent to in the previous 30 days. */
  newDestinationsPerDay?: number
  tiers?: TiersConfig
  suspension?: ThresholdConfig
  recipientsPerMessage: number
  messageBytes: number
}

/** Limits a day that grow with clean days. */
export interface TiersConfig {
  /** The first is where everybody begins. */
  levels: { messagesPerDay: number; recipientsPerDay?: number; afterCleanDays: number }[]
  /** What leads to the tier below. */
  stepDown: ThresholdConfig
}

/** Shares of the recipients that were settled in a window. */
export interface ThresholdConfig {
  bouncePercent: number
  spamPercent: number
  /** With fewer recipients in the window nothing is concluded. */
  minimumRecipients: number
  windowMs: number
}

/** A token bucket: `burst` messages at once, and `messages` more in each `perMs`. */
export interface RateConfig {
  messages: number
  perMs: number
  burst: number
}

export interface PolicyConfig {
  name: string
  /** Recipient domains: `example.org`, `*.example.org` (any depth below), `*`. */
  domains: string[]
  /** Patterns of the same form on the best MX host's name; empty = any. */
  mx: string[]
  /** Concurrent connections to the site. */
  connections: number
  /** Messages after which a connection is closed. */
  messagesPerConnection: number
  tls: 'opportunistic' | 'required' | 'off'
  /** Send to this host instead of the MX: a smart host or a sandbox. */
  route?: RouteConfig
  pool?: string
}

export interface RouteConfig {
  host: string
  port: number
}

export interface PoolConfig {
  name: string
  ehloName?: string
  /** Local addresses to send from; those of a family are used in turn. */
  addresses: string[]
}
