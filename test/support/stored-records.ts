import { jetstreamManager } from '@nats-io/jetstream'
import { headers } from '@nats-io/transport-node'
import type { MsgHdrs } from '@nats-io/transport-node'
import type { Broker } from '@postrider/broker/connection'

interface Stored {
  headers: MsgHdrs
  data: Uint8Array
}

/** Streams in memory, read and deleted by the client library's own calls. Nothing is published through it. */
export interface StoredRecords {
  broker: Broker
  /** Stores a record under its sequence number; the stream ends there, unless it ended later. */
  put(stream: string, seq: number, data: Uint8Array | string, fields?: MsgHdrs): void
  /** `<stream>/<seq>` of what is there. */
  names(): string[]
  /** What was deleted, in that order, with whether it was overwritten. */
  deleted: { name: string; overwritten: boolean }[]
  /** What the next requests fail with, in their order. */
  failures: Error[]
}

export async function storedRecords(): Promise<StoredRecords> {
  const records = new Map<string, Stored>()
  const ends = new Map<string, number>()
  const deleted: StoredRecords['deleted'] = []
  const failures: Error[] = []
  const json = (value: unknown) => ({ data: Buffer.from(JSON.stringify(value)) })
  const none = (code: number, err_code: number, description: string) => json({ error: { code, err_code, description } })

  function answer(subject: string, payload: Uint8Array | string) {
    const [, call, stream = ''] =
      /^\$JS\.API\.(DIRECT\.GET|STREAM\.INFO|STREAM\.MSG\.GET|STREAM\.MSG\.DELETE)\.(.+)$/.exec(subject) ?? []
    const asked = Buffer.from(payload).toString()
    const { seq = 0, no_erase = false } = (asked === '' ? {} : JSON.parse(asked)) as {
      seq?: number
      no_erase?: boolean
    }
    const key = `${stream}/${seq}`
    const found = records.get(key)
    if (call === 'DIRECT.GET')
      return found === undefined ? { data: Buffer.alloc(0), headers: headers(404, 'Message Not Found') } : found
    if (!ends.has(stream)) return none(404, 10_059, 'stream not found')
    if (call === 'STREAM.INFO') return json({ state: { last_seq: ends.get(stream), messages: 0 }, config: {} })
    if (call === 'STREAM.MSG.GET') return none(404, 10_037, 'no message found')
    if (!records.delete(key)) return none(400, 10_043, `sequence ${seq} not found`)
    deleted.push({ name: key, overwritten: !no_erase })
    return json({ success: true })
  }

  const nc = {
    options: { inboxPrefix: '_INBOX' },
    isClosed: () => false,
    request(subject: string, payload: Uint8Array | string = '') {
      const failure = failures.shift()
      return failure === undefined ? Promise.resolve(answer(subject, payload)) : Promise.reject(failure)
    },
  } as unknown as Broker['nc']
  const jsm = await jetstreamManager(nc, { checkAPI: false })
  const broker = { nc, jsm, impatient: jsm, connected: true } as unknown as Broker
  return {
    broker,
    put(stream, seq, data, fields = headers()) {
      records.set(`${stream}/${seq}`, { headers: fields, data: Buffer.from(data) })
      ends.set(stream, Math.max(seq, ends.get(stream) ?? 0))
    },
    names: () => [...records.keys()],
    deleted,
    failures,
  }
}
