import type { DnsFault } from './dns/server.ts'
import type { ScriptTable } from '../support/receiver/script.ts'

/** One way in which a remote misbehaves, or is merely odd, and what must become of the mail. */
export interface Behaviour {
  /** Part of its domains' names. */
  name: string
  /** What the remote does. */
  what: string
  /** By label, `mx1` and so on, each with an address of its own. `refused`: nothing listens there. */
  hosts?: Record<string, ScriptTable | 'refused'>
  /** By label; without any, `a` has all hosts as its MX in their order. */
  domains?: Record<string, Zone>
  /** Spec of a DestinationPolicy for a domain; with `addresses`, those of a DeliveryPool of its own. */
  policies?: Record<string, Record<string, unknown>>
  /** One message to kim@a, when there are none. */
  mails?: Mail[]
  /** Of all messages that do not say it themselves. */
  wanted: Wanted
  /** Most connections to all hosts together, octets that one connection takes from a remote, and questions to the name server. */
  connections?: number
  octets?: number
  questions?: number
  /** How long the outcome may take: 30 by default. */
  seconds?: number
  /** Delivery is killed and started again once the outcomes are known: nothing may come a second time. */
  killsDelivery?: boolean
  /** Too slow for the ordinary test suite. */
  slow?: boolean
}

/** The DNS of one domain. Names without a dot at their end are below the behaviour's own. */
export interface Zone {
  /** `10 mx1`; a host's label has the host's address. `10 =mx1` names the address itself. */
  mx?: string[]
  /** Further names, `@` for the domain itself: addresses, or labels of hosts. */
  addresses?: Record<string, string[]>
  /** Names that lead to others. */
  aliases?: Record<string, string>
  /** By name, `@` for the domain itself. */
  faults?: Record<string, DnsFault>
}

export interface Mail {
  /** `local@label`; several copies of one recipient with a number in place of `#`. */
  to?: string[]
  octets?: number
  /** It needs SMTPUTF8, or has 8-bit content. */
  utf8?: boolean
  eightBit?: boolean
  /** The next one is sent without waiting for this one's outcome. */
  together?: boolean
  wanted?: Wanted
}

export type State = 'delivered' | 'deferred' | 'failed'

export interface Wanted {
  /** Any of them where there are several. */
  state: State | State[]
  /** Labels of the hosts that may take it; by default all of the domain. */
  at?: string[]
  /** Of what is not delivered (RFC 3463). */
  status?: RegExp
  /** Most attempts. */
  attempts?: number
  /** Most milliseconds for which it may be deferred, by the message log. */
  delay?: number
  /** Address that the connection comes from, and whether it is in TLS. */
  client?: string
  secure?: boolean
}

export const states = ({ state }: Wanted): State[] => (Array.isArray(state) ? state : [state])

/** `kim#@a` ten times is kim1@a to kim10@a. */
export const many = (count: number, domain = 'a'): string[] =>
  Array.from({ length: count }, (_, index) => `kim${index + 1}@${domain}`)
