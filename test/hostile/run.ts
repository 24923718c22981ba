import { setTimeout as pause } from 'node:timers/promises'
import { queueCancel } from '../../cli/queue/commands.ts'
import { domainOf } from '@postrider/mail/envelope'
import { eventually } from '../support/eventually.ts'
import { states } from './behaviour.ts'
import type { Behaviour, Mail } from './behaviour.ts'
import { now } from './clock.ts'
import { compare } from './compare.ts'
import type { Comparison } from './compare.ts'
import { askAbout, outcomeOf } from './evidence.ts'
import { deliveryPid } from './memory.ts'
import type { MailEvidence } from './evidence.ts'
import { placeOf } from './place.ts'
import type { Place } from './place.ts'
import { Submitter } from './submitter.ts'
import type { World } from './world.ts'

/** A behaviour that was tried: what it came to, and when. */
export interface Tried extends Comparison {
  behaviour: Behaviour
  from: number
  to: number
}

export interface TryOptions {
  kill?: (world: World) => Promise<void>
  /** Outcomes may take so many times as long, on a machine that does much else. */
  patience?: number
}

const USUAL_SECONDS = 30
/** After the outcome: a second copy, or a bounce that comes too early, would be seen by then. */
const LINGER_MS = 3500
/** The broker gives a dead worker's jobs out again after 30 s. */
const AFTER_KILL_MS = 40_000

/** Sends a behaviour's mail, waits for its outcome and a while longer, and compares. */
export async function tryBehaviour(
  world: World,
  behaviour: Behaviour,
  { kill = killDelivery, patience = 1 }: TryOptions = {},
): Promise<Tried> {
  const from = now()
  const place = world.places.get(behaviour) ?? placeOf(behaviour, 0)
  const mails = behaviour.mails ?? [{}]
  const submitter = new Submitter(world.platform.ports.relay)
  const sent: { mail: Mail; id: string; addresses: string[]; outcome: Promise<void> }[] = []
  try {
    for (const [index, mail] of mails.entries()) {
      const addresses = (mail.to ?? [`kim${index + 1}@a`]).map((address) => inDomain(address, place))
      const { id } = await submitter.send({ ...mail, to: addresses, subject: `${behaviour.name}-${index + 1}` })
      const withinMs = (behaviour.seconds ?? USUAL_SECONDS) * patience * 1000
      const outcome = outcomeOf(world.broker, id, states(mail.wanted ?? behaviour.wanted), withinMs)
      sent.push({ mail, id, addresses, outcome })
      if (mail.together !== true) await outcome
    }
    await Promise.all(sent.map(({ outcome }) => outcome))
    if (behaviour.killsDelivery === true) {
      await kill(world)
      await pause(AFTER_KILL_MS)
    }
    await pause(LINGER_MS)
  } finally {
    submitter.close()
  }
  const hosts = new Set(place.addresses.values())
  const evidence = {
    behaviour,
    place,
    mails: await Promise.all(sent.map((one) => evidenceOf(world, one))),
    connections: [...hosts].reduce((sum, host) => sum + (world.hostile.connected.get(host) ?? 0), 0),
    octets: world.hostile.ended.reduce((max, { host, written }) => (hosts.has(host) ? Math.max(max, written) : max), 0),
    questions: world.dns.questions(`${behaviour.name}.test`),
  }
  return { behaviour, ...compare(evidence), from, to: now() }
}

function inDomain(address: string, { domains }: Place): string {
  const [local = '', label = 'a'] = address.split('@')
  return `${local}@${domains.get(label) ?? label}`
}

async function evidenceOf(
  { broker, hostile, healthy }: World,
  { mail, id, addresses }: { mail: Mail; id: string; addresses: string[] },
): Promise<MailEvidence> {
  // An address outside ASCII is written in another way in a notice; its domain is there as it is.
  const [first = ''] = addresses.map((address) => (/^[!-~]+$/.test(address) ? address : domainOf(address)))
  const about = ({ named }: { named: string[] }): boolean => addresses.some((address) => named.includes(address))
  const notices = healthy.transactions.filter(
    ({ notice = '' }) => notice.includes(first) && /^Action: failed/im.test(notice),
  )
  return {
    mail,
    id,
    addresses,
    ...(await askAbout(broker, id)),
    transactions: hostile.transactions.filter(about),
    notices: notices.length,
  }
}

/** kill -9; resolves when the supervisor has started it again. */
export async function killDelivery({ platform }: World): Promise<void> {
  const before = await deliveryPid(platform)
  process.kill(before, 'SIGKILL')
  await eventually(async () => {
    const after = await deliveryPid(platform)
    if (after === 0 || after === before) throw new Error('delivery has not started again')
  }, 60_000)
}

/** Takes what still waits for a behaviour's domains out of the queue, so that those after it are alone. */
export async function cancelRest(world: World, behaviour: Behaviour): Promise<void> {
  for (const destination of world.places.get(behaviour)?.domains.values() ?? [])
    await queueCancel({ state: world.platform.state, destination })
}
