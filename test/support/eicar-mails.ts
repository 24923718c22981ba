import { crc32, deflateRawSync } from 'node:zlib'
import { EICAR } from './clamd.ts'

/** A ZIP archive with the EICAR file in it, compressed. */
export function eicarZip(): Buffer {
  const content = Buffer.from(EICAR, 'latin1')
  const packed = deflateRawSync(content)
  const name = Buffer.from('eicar.com')
  const fields = Buffer.alloc(26)
  fields.writeUInt16LE(20, 0)
  fields.writeUInt16LE(8, 4)
  fields.writeUInt32LE(crc32(content), 10)
  fields.writeUInt32LE(packed.length, 14)
  fields.writeUInt32LE(content.length, 18)
  fields.writeUInt16LE(name.length, 22)
  const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), fields, name, packed])
  const central = Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), fields, Buffer.alloc(14), name])
  const end = Buffer.alloc(18)
  end.writeUInt16LE(1, 4)
  end.writeUInt16LE(1, 6)
  end.writeUInt32LE(central.length, 8)
  end.writeUInt32LE(local.length, 12)
  return Buffer.concat([local, central, Buffer.from('PK\x05\x06', 'latin1'), end])
}

/** Octets that are the same in each run and that no scanner can skip. */
export function filler(octets: number): Buffer {
  const block = Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 37 + (index >> 3)) % 256))
  return Buffer.alloc(octets, block)
}
