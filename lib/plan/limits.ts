import type { LimitConfig, RateConfig, ThresholdConfig } from '@postrider/runtime-config/config'
import type { AnyResource, Resource, Spec } from '@postrider/resources/kinds'
import { durationMs, sizeBytes } from '@postrider/resources/quantity'
import type { Inventory } from './inventory.ts'

const HOUR_MS = 3_600_000

/** The SMTPLimit that a resource's limitRef names, in the services' configuration. */
export function limitOf(
  from: AnyResource & { spec: { limitRef?: { name: string } } },
  inventory: Inventory,
  platform: Resource<'MailPlatform'>,
): { limit?: LimitConfig } {
  const found = inventory.find('SMTPLimit', from.spec.limitRef, from, 'spec.limitRef')
  if (found === undefined) return {}
  const { messageSize, rate, tiers, stepDown, suspension, ...counts } = found.spec
  const most = sizeBytes(platform.spec.ingress.messageSize)
  const messageBytes = messageSize === undefined ? most : Math.min(most, sizeBytes(messageSize))
  return {
    limit: {
      name: found.name,
      ...unconverted(counts),
      ...(rate === undefined ? {} : { rate: planRate(rate) }),
      ...(tiers === undefined ? {} : { tiers: { levels: tiers, stepDown: planThreshold(stepDown) } }),
      ...(suspension === undefined ? {} : { suspension: planThreshold(suspension) }),
      messageBytes,
    },
  }
}

/** Fields with the same name and value in both. The services ignore a field that LimitConfig does not have, so it must not compile. */
const unconverted = <T extends { [F in keyof T]: F extends keyof LimitConfig ? LimitConfig[F] : never }>(
  fields: T,
): T => fields

const planRate = ({ messages, per, burst }: NonNullable<Spec<'SMTPLimit'>['rate']>): RateConfig => ({
  messages,
  perMs: durationMs(per),
  burst: burst ?? messages,
})

const planThreshold = ({ windowHours, ...shares }: Spec<'SMTPLimit'>['stepDown']): ThresholdConfig => ({
  ...shares,
  windowMs: windowHours * HOUR_MS,
})
