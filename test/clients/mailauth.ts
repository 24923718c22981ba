import { dkimVerify } from 'mailauth/lib/dkim/verify.js'
import { dnsRecords } from '../support/verify-dkim.ts'

/** What mailauth says of each signature, with the records of a state folder. */
export async function verifyWithMailauth(content: string, state: string): Promise<string[]> {
  const records = dnsRecords(state)
  const resolver = async (name: string): Promise<string[][]> => {
    const record = records[`${name}.`]
    return record === undefined ? [] : [[record]]
  }
  const { results } = await dkimVerify(Buffer.from(content, 'latin1'), { resolver })
  return results.map(({ status }) => status.result)
}
