import type { ReceiverOptions } from '../support/receiver/receiver.ts'

/** What goes wrong with a message, and the notice that its sender gets. */
export interface Cause {
  /** First label of the destination's domain. */
  name: string
  title: string
  /** How the destination's server behaves; without one the name server decides. */
  remote?: ReceiverOptions
  dns?: 'missing' | 'null-mx' | 'fails' | 'refused-connection' | 'loop'
  /** Merged into the destination's DestinationPolicy. */
  policy?: Record<string, unknown>
  /** Local parts; kim where none are given. */
  to?: string[]
  mailParameters?: string
  rcptParameters?: string
  content?: string
  /** Kind of notice that is looked at. */
  action: 'failed' | 'delayed' | 'delivered' | 'relayed'
  status: string
  /** As the field is to begin; undefined: there is none. */
  diagnosticCode: string | undefined
  hasRemoteMta: boolean
  /** What a person has to be told, among other things. */
  says: RegExp[]
}
