/** The accounts that limits count for, and the key of one in the bucket `use`: an address has characters that a key must not have. */
export const domainAccount = (domainName: string): string => `domain/${domainName}`
export const credentialAccount = (address: string): string => `credential/${address}`
export const useKey = (account: string): string => Buffer.from(account).toString('base64url')
export const accountOfKey = (key: string): string => Buffer.from(key, 'base64url').toString()
/** In the same bucket: recipient domains that an account has sent to, and its sessions. */
export const destinationsKey = (account: string): string => `destinations.${useKey(account)}`
export const sessionsKey = (account: string): string => `sessions.${useKey(account)}`
