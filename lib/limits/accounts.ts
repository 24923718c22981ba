/** The accounts that limits count for, and their keys in the bucket `use`. Keys are encoded, since an address has characters that a key
 * must not have. */
export const domainAccount = (domainName: string): string => `domain/${domainName}`
export const credentialAccount = (address: string): string => `credential/${address}`
export const useKey = (account: string): string => Buffer.from(account).toString('base64url')
export const accountOfKey = (key: string): string => Buffer.from(key, 'base64url').toString()
/** Keys in the same bucket for the recipient domains that an account has sent to, and for its sessions. */
export const destinationsKey = (account: string): string => `destinations.${useKey(account)}`
export const sessionsKey = (account: string): string => `sessions.${useKey(account)}`
