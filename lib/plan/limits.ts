import type { LimitConfig, RateConfig } from '@postrider/runtime-config/config'
import type { AnyResource, Resource, Spec } from '@postrider/resources/kinds'
import { durationMs, sizeBytes } from '@postrider/resources/quantity'
import type { Inventory } from './inventory.ts'

/** The SMTPLimit that a resource's limitRef names, as the services need it. */
export function limitOf(
  from: AnyResource & { spec: { limitRef?: { name: string } } },
  inventory: Inventory,
  platform: Resource<'MailPlatform'>,
): { limit?: LimitConfig } {
  const found = inventory.find('SMTPLimit', from.spec.limitRef, from, 'spec.limitRef')
  if (found === undefined) return {}
  const { messageSize, rate, ...counts } = found.spec
  const most = sizeBytes(platform.spec.ingress.messageSize)
  const messageBytes = messageSize === undefined ? most : Math.min(most, sizeBytes(messageSize))
  return {
    limit: { name: found.name, ...counts, ...(rate === undefined ? {} : { rate: planRate(rate) }), messageBytes },
  }
}

const planRate = ({ messages, per, burst }: NonNullable<Spec<'SMTPLimit'>['rate']>): RateConfig => ({
  messages,
  perMs: durationMs(per),
  burst: burst ?? messages,
})
