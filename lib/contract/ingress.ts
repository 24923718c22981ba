import { z } from 'zod'
import { json, text, whole } from './codecs.ts'
import type { SettingsOf } from './contract.ts'
import { fields } from './contract.ts'
import { listenerSettings } from './listener.ts'
import { PLATFORM_KEY_FILE, SERVICE } from './service.ts'
import { CERTIFICATES } from './tls.ts'
import { optional, variable, withDefault } from './variable.ts'

/** A slow disk is waited for: 451 for a message that is stored after all makes a duplicate. Clients wait ten minutes for the reply to the
 * final dot (RFC 5321, section 4.5.3.2.6); many wait five. */
const STORE_WAIT_MS = 240_000

const RESERVE_BYTES = 64 * 1024 * 1024

/** At a stop, clients in the middle of a message get this long to finish it. */
export const INGRESS_CLOSE_MS = 30_000
/** How long an ingress may take to stop, its last log lines included: whoever stops it, and the kubelet is one, must not kill it before. */
export const INGRESS_GRACE_MS = INGRESS_CLOSE_MS + 15_000

/** What an ingress is started with. */
export const INGRESS = fields({
  ...SERVICE,
  listeners: variable('POSTRIDER_LISTENERS', json(z.array(listenerSettings))),
  certificates: CERTIFICATES,
  platformKeyFile: PLATFORM_KEY_FILE,
  /** How long the broker may take to confirm that a message is stored. */
  storeWaitMs: withDefault(variable('POSTRIDER_STORE_WAIT_MS', whole(100, 300_000)), STORE_WAIT_MS),
  /** Folder on the disk of the queue, where that is a disk of this machine. */
  queueFolder: optional(variable('POSTRIDER_QUEUE_FOLDER', text)),
  /** With less room on that disk mail is answered 452. */
  queueReserveBytes: withDefault(variable('POSTRIDER_QUEUE_RESERVE_BYTES', whole(0, 2 ** 50)), RESERVE_BYTES),
})
export type IngressSettings = SettingsOf<typeof INGRESS>
