import { closeSync, openSync, readSync, fstatSync, writeSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { NbdReader, answerOption, greeting, reply } from './nbd.ts'
import type { NbdRequest } from './nbd.ts'

const SECTOR = 512

/** A disk with a volatile write cache, as a NBD server on a Unix socket: what is written is lost at a power cut, unless
 * the machine has asked for a flush since, or wrote through (FUA). That is all that the specifications of disks promise;
 * a virtual machine on a plain image file would be kinder, as its host keeps every write. */
export class VolatileDisk {
  /** Flushes asked for. */
  flushes = 0
  readonly #file: number
  readonly #size: number
  readonly #server: Server
  /** What is written but not flushed, by sector. */
  readonly #cache = new Map<number, Buffer>()
  readonly #sockets = new Set<Socket>()

  private constructor(imageFile: string) {
    this.#file = openSync(imageFile, 'r+')
    this.#size = fstatSync(this.#file).size
    this.#server = createServer((socket) => this.#serve(socket))
  }

  static async open(imageFile: string, socketFile: string): Promise<VolatileDisk> {
    const disk = new VolatileDisk(imageFile)
    await new Promise<void>((resolve, reject) => {
      disk.#server.once('error', reject)
      disk.#server.listen(socketFile, resolve)
    })
    return disk
  }

  /** The power is gone: the cache is lost, but for those sectors that `survives` says the disk had written by itself, in
   * any order. Returns how many sectors were lost. To be called when the machine has ended. */
  powerCut(survives: () => boolean = () => false): number {
    let lost = 0
    for (const [sector, content] of this.#cache) {
      if (survives()) writeSync(this.#file, content, 0, SECTOR, sector * SECTOR)
      else lost++
    }
    this.#cache.clear()
    return lost
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
    closeSync(this.#file)
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    const reader = new NbdReader()
    socket.on('close', () => this.#sockets.delete(socket)).on('error', () => undefined)
    socket.on('data', (chunk) => {
      reader.push(chunk)
      for (const event of reader.events()) {
        if (event.kind === 'option') {
          socket.write(answerOption(event, this.#size))
        } else if (event.type === 'disconnect') socket.end()
        else socket.write(this.#answer(event))
      }
    })
    socket.write(greeting())
  }

  #answer(request: NbdRequest): Buffer {
    const { type, offset, length, throughCache } = request
    if (type === 'flush') this.#flush()
    else if (type === 'write') this.#write(offset, request.content, throughCache)
    else if (type === 'read') return Buffer.concat([reply(request), this.#read(offset, length)])
    return reply(request)
  }

  #read(offset: number, length: number): Buffer {
    const content = Buffer.alloc(length)
    readSync(this.#file, content, 0, length, offset)
    for (let at = 0; at < length; at += SECTOR) this.#cache.get((offset + at) / SECTOR)?.copy(content, at)
    return content
  }

  #write(offset: number, content: Buffer, throughCache: boolean): void {
    for (let at = 0; at < content.length; at += SECTOR) {
      const sector = (offset + at) / SECTOR
      if (throughCache) this.#cache.delete(sector)
      else this.#cache.set(sector, Buffer.from(content.subarray(at, at + SECTOR)))
    }
    if (throughCache) writeSync(this.#file, content, 0, content.length, offset)
  }

  #flush(): void {
    this.flushes++
    for (const [sector, content] of this.#cache) writeSync(this.#file, content, 0, SECTOR, sector * SECTOR)
    this.#cache.clear()
  }
}
