import { createPublicKey, generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'

const generate = promisify(generateKeyPair)

export type DkimAlgorithm = 'rsa-sha256' | 'ed25519-sha256'

/** Generates a private key as PKCS#8 PEM. RSA has 2048 bits: a longer key does not easily fit into one DNS string and is slower to sign
 * with. */
export async function generateDkimKey(algorithm: DkimAlgorithm): Promise<string> {
  const { privateKey } =
    algorithm === 'rsa-sha256' ? await generate('rsa', { modulusLength: 2048 }) : await generate('ed25519', undefined)
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** The TXT record that publishes the public key of a private key (RFC 6376, 3.6.1; RFC 8463, 4, for the bare Ed25519 key). */
export function dkimRecord(
  domain: string,
  selector: string,
  algorithm: DkimAlgorithm,
  privateKey: string,
): { name: string; value: string } {
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  const rsa = algorithm === 'rsa-sha256'
  const key = (rsa ? spki : spki.subarray(-32)).toString('base64')
  return { name: `${selector}._domainkey.${domain}`, value: `v=DKIM1; k=${rsa ? 'rsa' : 'ed25519'}; p=${key}` }
}
