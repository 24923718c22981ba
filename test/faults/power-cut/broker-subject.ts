import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import type { Subject } from './subject.ts'

const STREAM = 'MAIL'
const IN_FLIGHT = 32
const CONTENT = new Uint8Array(4096).fill(120)

/** nats-server alone, with a file stream; a message is acknowledged by the broker's publish acknowledgement. */
export function brokerSubject(): Subject {
  const open = (port: number) => connect({ servers: `127.0.0.1:${port}`, reconnect: false, timeout: 5000 })
  return {
    name: 'broker',
    guestPorts: [4222],
    files: {},
    async ready([port = 0]) {
      const nc = await open(port)
      const jsm = await jetstreamManager(nc)
      const streams = await jsm.streams.list().next()
      if (!streams.some(({ config }) => config.name === STREAM)) {
        await jsm.streams.add({ name: STREAM, subjects: ['mail.>'], storage: 'file' })
      }
      await nc.close()
    },
    async load([port = 0], acknowledged, stop) {
      const nc = await open(port)
      const js = jetstream(nc, { timeout: 5000 })
      let next = 0
      const publisher = async (): Promise<void> => {
        while (!stop.aborted && !nc.isClosed()) {
          const id = String(next++)
          try {
            await js.publish(`mail.${id}`, CONTENT)
          } catch {
            // The power is gone; what was not acknowledged may be lost.
            return
          }
          acknowledged(id)
        }
      }
      await Promise.all(Array.from({ length: IN_FLIGHT }, publisher))
      // The connection may be to a machine that is no more.
      void nc.close().catch(() => undefined)
    },
    async kept([port = 0]) {
      const nc = await open(port)
      const jsm = await jetstreamManager(nc)
      const ids = new Set<string>()
      const { state } = await jsm.streams.info(STREAM)
      if (state.messages > 0) {
        await jsm.consumers.add(STREAM, { name: 'check', ack_policy: AckPolicy.None })
        const consumer = await jetstream(nc).consumers.get(STREAM, 'check')
        for (let left = state.messages; left > 0;) {
          for await (const message of await consumer.fetch({ max_messages: Math.min(left, 500), expires: 10_000 })) {
            ids.add(message.subject.slice('mail.'.length))
            left--
          }
        }
      }
      await nc.close()
      return ids
    },
    close: () => Promise.resolve(),
  }
}
