import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'

/** A text was not sealed with this key and for this purpose, or was changed since. */
export class NotSealedError extends Error {
  override readonly name = 'NotSealedError'
}

const KEY_BYTES = 32

/** Seals a secret so that it can be opened only with the platform key and for the same purpose. `purpose` names that purpose, such as
 * `dkim/example.org/selector`. AES-256-GCM; the format is `v1.<iv>.<tag>.<data>`. */
export function seal(key: Buffer, purpose: string, secret: string): string {
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(purpose))
  const data = Buffer.concat([cipher.update(secret), cipher.final()])
  return ['v1', iv, cipher.getAuthTag(), data]
    .map((part) => (typeof part === 'string' ? part : part.toString('base64url')))
    .join('.')
}

/** Opens a secret that `seal` sealed. Throws NotSealedError. */
export function unseal(key: Buffer, purpose: string, sealed: string): string {
  const [version, iv, tag, data] = sealed.split('.')
  if (version !== 'v1' || iv === undefined || tag === undefined || data === undefined)
    throw new NotSealedError('not a sealed secret of version 1')
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(iv, 'base64url'), { authTagLength: 16 })
    decipher.setAAD(Buffer.from(purpose)).setAuthTag(Buffer.from(tag, 'base64url'))
    return Buffer.concat([decipher.update(Buffer.from(data, 'base64url')), decipher.final()]).toString()
  } catch (cause) {
    throw new NotSealedError(`the secret for ${purpose} does not open with this platform key`, { cause })
  }
}

/** Reads the platform key. Throws NotSealedError when the file does not contain one. */
export function readPlatformKey(file: string): Buffer {
  const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'base64')
  if (key.length !== KEY_BYTES)
    throw new NotSealedError(`${file} does not contain a platform key of ${KEY_BYTES} octets in base64`)
  return key
}

/** Reads the platform key, or creates it if the file does not exist; a new key is on disk before it is used. */
export async function keepPlatformKey(file: string): Promise<Buffer> {
  if (existsSync(file)) return readPlatformKey(file)
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const key = randomBytes(KEY_BYTES)
  const handle = await open(file, 'wx', 0o600)
  await handle.writeFile(`${key.toString('base64')}\n`)
  await handle.sync()
  await handle.close()
  return key
}

export const dkimPurpose = (domain: string, selector: string): string => `dkim/${domain}/${selector}`
