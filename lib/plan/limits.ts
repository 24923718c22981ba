import type { LimitConfig } from '@postrider/runtime-config/config'
import type { AnyResource, Resource } from '@postrider/resources/kinds'
import { sizeBytes } from '@postrider/resources/quantity'
import type { Inventory } from './inventory.ts'

/** The SMTPLimit that a resource's limitRef names, as the services need it. */
export function limitOf(
  from: AnyResource & { spec: { limitRef?: { name: string } } },
  inventory: Inventory,
  platform: Resource<'MailPlatform'>,
): { limit?: LimitConfig } {
  const found = inventory.find('SMTPLimit', from.spec.limitRef, from, 'spec.limitRef')
  if (found === undefined) return {}
  const { messageSize, ...counts } = found.spec
  const most = sizeBytes(platform.spec.ingress.messageSize)
  const messageBytes = messageSize === undefined ? most : Math.min(most, sizeBytes(messageSize))
  return { limit: { name: found.name, ...counts, messageBytes } }
}
