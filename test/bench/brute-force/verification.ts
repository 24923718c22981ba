import process from 'node:process'
import { hashPassword, verifyPassword } from '@postrider/authentication/hash'

/** CPU that one verification of a password takes here and now, in all threads. Milliseconds. */
export async function verificationCpuMs(times = 20): Promise<number> {
  const verifier = await hashPassword('right')
  const before = process.cpuUsage()
  for (let time = 0; time < times; time++) await verifyPassword('wrong', verifier)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000 / times
}
