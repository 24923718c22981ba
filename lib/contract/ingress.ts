import { z } from 'zod'
import { json, text, whole } from './codecs.ts'
import type { SettingsOf } from './contract.ts'
import { fields } from './contract.ts'
import { listenerSettings } from './listener.ts'
import { PLATFORM_KEY_FILE, SERVICE } from './service.ts'
import { CERTIFICATES } from './tls.ts'
import { optional, variable, withDefault } from './variable.ts'

/** How long to wait for a slow disk: answering 451 for a message that is stored after all causes a duplicate. Clients should wait ten
 * minutes for the reply to the final dot (RFC 5321, section 4.5.3.2.6); many wait five. Milliseconds. */
const STORE_WAIT_MS = 240_000

const RESERVE_BYTES = 64 * 1024 * 1024

/** At a stop, clients in the middle of a message get this long to finish it. Milliseconds. */
export const INGRESS_CLOSE_MS = 30_000
/** How long ingress may take to stop, including its last log lines, in milliseconds. The kubelet, or whatever stops it, must not kill it
 * earlier. */
export const INGRESS_GRACE_MS = INGRESS_CLOSE_MS + 15_000

/** The settings of ingress. */
export const INGRESS = fields({
  ...SERVICE,
  listeners: variable('POSTRIDER_LISTENERS', json(z.array(listenerSettings))),
  certificates: CERTIFICATES,
  platformKeyFile: PLATFORM_KEY_FILE,
  /** How long the broker may take to confirm that a message is stored. Milliseconds. */
  storeWaitMs: withDefault(variable('POSTRIDER_STORE_WAIT_MS', whole(100, 300_000)), STORE_WAIT_MS),
  /** Folder on the disk of the queue, if that is a disk of this machine. */
  queueFolder: optional(variable('POSTRIDER_QUEUE_FOLDER', text)),
  /** With less free space on that disk, mail is answered 452. Octets. */
  queueReserveBytes: withDefault(variable('POSTRIDER_QUEUE_RESERVE_BYTES', whole(0, 2 ** 50)), RESERVE_BYTES),
})
export type IngressSettings = SettingsOf<typeof INGRESS>
