import type { PostfixPolicy } from './postfix-policy.ts'

export interface PostfixOptions {
  /** Address to listen on, of 127.0.0.0/8. */
  host?: string
  /** Port to listen on; a free one by default. */
  port?: number
  hostName?: string
  /** Domains whose mail is put into Maildirs. */
  domains?: string[]
  /** The addresses that exist in those domains; by default all. Others get 550 5.1.1. */
  recipients?: string[]
  /** Asked at each RCPT. */
  policy?: PostfixPolicy
  /** Makes it a relay for loopback: all other mail goes there. */
  relayTo?: { host: string; port: number }
  /** Parameters of main.cf, over the others. */
  parameters?: Record<string, string>
  /** Further lines of master.cf. */
  services?: string[]
}

/** Where an instance keeps its things. */
export interface PostfixPlace {
  folder: string
  host: string
  port: number
  /** Of the policy service, when there is one. */
  policyPort: number | undefined
  /** Unix user that the Maildirs belong to. */
  mailUser: number
}

/** Text of main.cf. Nothing of the machine's own Postfix is read: aliases, networks and names are given here. */
export function mainCf(place: PostfixPlace, options: PostfixOptions): string {
  const { folder, policyPort } = place
  const { domains = [], recipients, relayTo, parameters = {} } = options
  const policy = policyPort === undefined ? '' : `check_policy_service inet:127.0.0.1:${policyPort}, `
  const all: Record<string, string> = {
    compatibility_level: '3.6',
    myhostname: options.hostName ?? 'mx.remote.test',
    mydestination: '',
    // Loopback may relay only through an instance with a configured route.
    mynetworks: relayTo === undefined ? '' : '127.0.0.0/8',
    inet_interfaces: place.host,
    inet_protocols: 'ipv4',
    queue_directory: `${folder}/queue`,
    data_directory: `${folder}/data`,
    maillog_file: `${folder}/maillog`,
    maillog_file_prefixes: folder,
    alias_maps: '',
    alias_database: '',
    local_recipient_maps: '',
    smtp_host_lookup: 'native',
    smtpd_relay_restrictions: 'permit_mynetworks, reject_unauth_destination',
    smtpd_recipient_restrictions: `reject_unauth_destination, ${policy}permit`,
    // A test that is refused often must not be slowed down by tarpitting or be counted by anvil.
    smtpd_error_sleep_time: '0',
    smtpd_client_event_limit_exceptions: '127.0.0.0/8',
    virtual_mailbox_base: `${folder}/mail`,
    virtual_mailbox_domains: domains.join(', '),
    virtual_mailbox_maps: recipients === undefined ? 'static:all/' : `texthash:${folder}/mailboxes`,
    virtual_uid_maps: `static:${place.mailUser}`,
    virtual_gid_maps: `static:${place.mailUser}`,
    ...(relayTo === undefined
      ? {}
      : {
          smtpd_recipient_restrictions: `${policy}permit_mynetworks, reject`,
          relayhost: `[${relayTo.host}]:${relayTo.port}`,
        }),
    ...parameters,
  }
  return Object.entries(all)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join('')
}

/** Text of the mailbox map. All mail is put into one Maildir: virtual(8) allows no `$1` in a map's result. */
export function mailboxMap(recipients: string[] = []): string {
  return recipients.map((address) => `${address} all/\n`).join('')
}

/** Text of master.cf: the daemons of a usual Postfix, nothing chrooted, SMTP on one address only. */
export function masterCf({ host, port }: PostfixPlace, services: string[] = []): string {
  return [
    `${host}:${port} inet n - n - - smtpd`,
    'pickup unix n - n 60 1 pickup',
    'cleanup unix n - n - 0 cleanup',
    'qmgr unix n - n 300 1 qmgr',
    'tlsmgr unix - - n 1000? 1 tlsmgr',
    'rewrite unix - - n - - trivial-rewrite',
    'bounce unix - - n - 0 bounce',
    'defer unix - - n - 0 bounce',
    'trace unix - - n - 0 bounce',
    'verify unix - - n - 1 verify',
    'flush unix n - n 1000? 0 flush',
    'proxymap unix - - n - - proxymap',
    'proxywrite unix - - n - 1 proxymap',
    'smtp unix - - n - - smtp',
    'relay unix - - n - - smtp',
    'showq unix n - n - - showq',
    'error unix - - n - - error',
    'retry unix - - n - - error',
    'discard unix - - n - - discard',
    'virtual unix - n n - - virtual',
    'lmtp unix - - n - - lmtp',
    'anvil unix - - n - 1 anvil',
    'scache unix - - n - 1 scache',
    'postlog unix-dgram n - n - 1 postlogd',
    ...services,
    '',
  ].join('\n')
}
