/** The part of the NBD protocol that a disk for qemu needs: fixed newstyle handshake, simple replies. See
 * doc/proto.md of the NetworkBlockDevice project. */

const OPTION_MAGIC = Buffer.from('IHAVEOPT')
const OPTION_REPLY_MAGIC = 0x0003e889045565a9n
const REQUEST_MAGIC = 0x25609513
const REPLY_MAGIC = 0x67446698
const HANDSHAKE_FLAGS = 0b11
/** HAS_FLAGS, SEND_FLUSH, SEND_FUA. */
const EXPORT_FLAGS = 1 | (1 << 2) | (1 << 3)
const OPTIONS = { exportName: 1, info: 6, go: 7 }
const REPLIES = { ack: 1, info: 3, unsupported: 0x80000001 }
const COMMANDS = ['read', 'write', 'disconnect', 'flush'] as const

export interface NbdOption {
  kind: 'option'
  option: number
}

export interface NbdRequest {
  kind: 'request'
  type: (typeof COMMANDS)[number]
  handle: bigint
  offset: number
  length: number
  /** FUA: to be on the medium before the reply. */
  throughCache: boolean
  content: Buffer
}

/** Cuts what a client sends into options, then requests. */
export class NbdReader {
  #buffer: Buffer = Buffer.alloc(0)
  #stage: 'flags' | 'options' | 'requests' = 'flags'

  push(chunk: Buffer): void {
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk])
  }

  *events(): Generator<NbdOption | NbdRequest> {
    for (;;) {
      if (this.#stage === 'flags') {
        if (this.#take(4) === undefined) return
        this.#stage = 'options'
      }
      const event = this.#stage === 'options' ? this.#option() : this.#request()
      if (event === undefined) return
      yield event
    }
  }

  #option(): NbdOption | undefined {
    if (this.#buffer.length < 16) return undefined
    const whole = this.#take(16 + this.#buffer.readUInt32BE(12))
    if (whole === undefined) return undefined
    if (!whole.subarray(0, 8).equals(OPTION_MAGIC)) throw new Error('no NBD option')
    const option = whole.readUInt32BE(8)
    if (option === OPTIONS.go || option === OPTIONS.exportName) this.#stage = 'requests'
    return { kind: 'option', option }
  }

  #request(): NbdRequest | undefined {
    if (this.#buffer.length < 28) return undefined
    const head = this.#buffer.subarray(0, 28)
    if (head.readUInt32BE(0) !== REQUEST_MAGIC) throw new Error('no NBD request')
    const type = COMMANDS[head.readUInt16BE(6)]
    if (type === undefined) throw new Error(`a NBD request of the type ${head.readUInt16BE(6)}, which is not offered`)
    const length = head.readUInt32BE(24)
    const whole = this.#take(28 + (type === 'write' ? length : 0))
    if (whole === undefined) return undefined
    return {
      kind: 'request',
      type,
      handle: whole.readBigUInt64BE(8),
      offset: Number(whole.readBigUInt64BE(16)),
      length,
      throughCache: (whole.readUInt16BE(4) & 1) === 1,
      content: whole.subarray(28),
    }
  }

  #take(length: number): Buffer | undefined {
    if (this.#buffer.length < length) return undefined
    const taken = this.#buffer.subarray(0, length)
    this.#buffer = this.#buffer.subarray(length)
    return taken
  }
}

export function greeting(): Buffer {
  const flags = Buffer.alloc(2)
  flags.writeUInt16BE(HANDSHAKE_FLAGS)
  return Buffer.concat([Buffer.from('NBDMAGIC'), OPTION_MAGIC, flags])
}

export function answerOption({ option }: NbdOption, size: number): Buffer {
  const head = Buffer.alloc(10)
  head.writeBigUInt64BE(BigInt(size))
  head.writeUInt16BE(EXPORT_FLAGS, 8)
  if (option === OPTIONS.exportName) return head
  if (option !== OPTIONS.go && option !== OPTIONS.info) return optionReply(option, REPLIES.unsupported)
  // NBD_INFO_EXPORT is number 0.
  const info = optionReply(option, REPLIES.info, Buffer.concat([Buffer.alloc(2), head]))
  return Buffer.concat([info, optionReply(option, REPLIES.ack)])
}

function optionReply(option: number, type: number, content: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(20)
  head.writeBigUInt64BE(OPTION_REPLY_MAGIC)
  head.writeUInt32BE(option, 8)
  head.writeUInt32BE(type, 12)
  head.writeUInt32BE(content.length, 16)
  return Buffer.concat([head, content])
}

/** A simple reply without error; the content of a read follows it. */
export function reply({ handle }: NbdRequest): Buffer {
  const head = Buffer.alloc(16)
  head.writeUInt32BE(REPLY_MAGIC)
  head.writeBigUInt64BE(handle, 8)
  return head
}
