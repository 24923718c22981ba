import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '../../support/ports.ts'
import { NOERROR, NXDOMAIN, REFUSED, SERVFAIL, TYPES, readQuestion, writeReply } from './message.ts'
import type { Question, RecordType, Reply, ResourceRecord } from './message.ts'

/** What is wrong with a name; for one type of record only where `type` is given. */
export interface DnsFault {
  type?: RecordType
  /** Answers come this much later. */
  delayMs?: number
  /** Instead of the records. */
  answer?: 'SERVFAIL' | 'REFUSED' | 'silence'
}

export interface DnsServer {
  /** `127.0.0.1:port`. */
  address: string
  add(name: string, ...records: ResourceRecord[]): void
  fail(name: string, fault: DnsFault): void
  /** Questions about a name or those below it, so far. */
  questions(name: string): number
  close(): void
}

/** A name server whose every answer is scripted, by UDP and TCP. Names that are not scripted do not exist. */
export async function startDns(): Promise<DnsServer> {
  const records = new Map<string, ResourceRecord[]>()
  const faults = new Map<string, DnsFault>()
  const asked = new Map<string, number>()
  const port = await freePort()

  /** Undefined: no answer. */
  async function replyTo({ name, type }: Question): Promise<Reply | undefined> {
    asked.set(name, (asked.get(name) ?? 0) + 1)
    const fault = faults.get(name)
    if (fault !== undefined && (fault.type === undefined || TYPES[fault.type] === type)) {
      if (fault.delayMs !== undefined) await pause(fault.delayMs)
      if (fault.answer === 'silence') return undefined
      if (fault.answer === 'SERVFAIL') return { rcode: SERVFAIL, records: [] }
      if (fault.answer === 'REFUSED') return { rcode: REFUSED, records: [] }
    }
    const known = records.get(name)
    if (known === undefined) {
      // A name with others below it exists, without records (RFC 8020).
      const above = [...records.keys()].some((other) => other.endsWith(`.${name}`))
      return { rcode: above ? NOERROR : NXDOMAIN, records: [] }
    }
    const alias = known.find((one) => one.type === 'CNAME')
    const targets = (records.get(alias?.value ?? '') ?? []).map((one) => ({ ...one, owner: alias?.value ?? '' }))
    return {
      rcode: NOERROR,
      records: [
        ...known.filter((one) => one === alias || TYPES[one.type] === type),
        ...targets.filter((one) => TYPES[one.type] === type),
      ],
    }
  }

  const udp = createSocket('udp4')
  udp.on('message', (query, from) => {
    const question = readQuestion(query)
    if (question === undefined) return
    void replyTo(question).then((reply) => {
      if (reply !== undefined) udp.send(writeReply(question, reply, question.room), from.port, from.address)
    })
  })
  const sockets = new Set<Socket>()
  const tcp = createServer((socket) => {
    sockets.add(socket)
    let buffer = Buffer.alloc(0)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    socket.on('data', (chunk: Buffer) => {
      buffer = Buffer.concat([buffer, chunk])
      while (buffer.length >= 2 && buffer.length >= 2 + buffer.readUInt16BE(0)) {
        const length = buffer.readUInt16BE(0)
        const question = readQuestion(buffer.subarray(2, 2 + length))
        buffer = buffer.subarray(2 + length)
        if (question === undefined) continue
        void replyTo(question).then((reply) => {
          if (reply === undefined || socket.destroyed) return
          const octets = writeReply(question, reply)
          const prefix = Buffer.alloc(2)
          prefix.writeUInt16BE(octets.length)
          socket.write(Buffer.concat([prefix, octets]))
        })
      }
    })
  })
  await new Promise<void>((resolve, reject) => {
    udp.once('error', reject)
    udp.bind(port, '127.0.0.1', () => tcp.once('error', reject).listen(port, '127.0.0.1', () => resolve()))
  })
  return {
    address: `127.0.0.1:${port}`,
    add(name, ...more) {
      records.set(name, [...(records.get(name) ?? []), ...more])
    },
    fail: (name, fault) => void faults.set(name, fault),
    questions: (name) =>
      [...asked].reduce((sum, [other, count]) => (other === name || other.endsWith(`.${name}`) ? sum + count : sum), 0),
    close() {
      udp.close()
      tcp.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
