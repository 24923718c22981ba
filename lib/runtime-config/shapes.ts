import { z } from 'zod'

/** What the services rely on in an entry of the configuration. Settings that earlier releases did not write have defaults where they are
 * used, so they are not required here; settings of later releases are kept. */
const texts = z.array(z.string())
const limit = z.looseObject({ name: z.string(), recipientsPerMessage: z.number(), messageBytes: z.number() })
const tls = z.enum(['opportunistic', 'required', 'off'])

const SHAPES: Record<string, z.ZodType> = {
  platform: z.looseObject({
    hostName: z.string().min(1),
    retry: z.looseObject({ firstMs: z.number(), capMs: z.number(), jitter: z.number(), lifetimeMs: z.number() }),
    notices: z.looseObject({ delayedAfterMs: z.number(), fullMessageBytes: z.number(), from: z.string() }),
    placeholderMs: z.number(),
    resolvers: texts,
    messageBytes: z.number(),
    smtpPort: z.number(),
    timeouts: z.record(z.string(), z.number()),
    pool: z.string().optional(),
  }),
  pools: z.array(z.looseObject({ name: z.string(), ehloName: z.string().optional(), addresses: texts })),
  policies: z.array(
    z.looseObject({
      name: z.string(),
      domains: texts,
      mx: texts,
      connections: z.number(),
      messagesPerConnection: z.number(),
      tls,
      route: z.looseObject({ host: z.string(), port: z.number() }).optional(),
      pool: z.string().optional(),
    }),
  ),
  domain: z.looseObject({
    name: z.string().min(1),
    suspended: z.boolean(),
    dkim: z.array(z.looseObject({ selector: z.string(), algorithm: z.string(), sealedKey: z.string() })),
    allowedSenders: texts,
    limit: limit.optional(),
    retentionMs: z.number(),
    notifyDelivered: z.boolean(),
  }),
  credential: z.looseObject({
    address: z.string().min(1),
    domain: z.string(),
    passwordHashes: texts,
    certificateNames: texts.optional(),
    allowedSenders: texts,
    suspended: z.boolean(),
    limit: limit.optional(),
  }),
}

/** The kind of an entry, from its key: `domain` of `domain.<name>`, `platform` of `platform`. */
export const kindOfKey = (key: string): string => key.split('.')[0] ?? ''

/** The name in the key of an entry; empty if there is only one entry of the kind. */
export const nameOfKey = (key: string): string =>
  Buffer.from(key.slice(kindOfKey(key).length + 1), 'base64url').toString()

/** The shape of an entry. An entry of a kind that a later release added is not checked. */
export const shapeOf = (key: string): z.ZodType => SHAPES[kindOfKey(key)] ?? z.unknown()
