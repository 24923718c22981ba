import { parseArgs } from 'node:util'
import { UsageError } from '@postrider/standalone/usage-error'

export const USAGE = `kubectl postrider: inspects Postrider in a cluster and says what to do

  kubectl postrider status [-A]              what is wrong, and what to do next
  kubectl postrider dns DOMAIN [--zone]      DNS records, expected and found; --zone: in zone file format
  kubectl postrider credentials [NAME]       all logins, or the settings for one of them
                    [--show-password]        also its password, from its Secret
  kubectl postrider suspend domain/NAME      refuse new mail from it (or from credential/NAME)
  kubectl postrider resume domain/NAME       accept its mail again
  kubectl postrider queue ls [filters]       undelivered messages (for the platform's administrator)
  kubectl postrider queue show ID            history of one message
  kubectl postrider queue retry ID | filters     attempt waiting messages now
  kubectl postrider queue cancel ID | filters    remove waiting messages from the queue
  kubectl postrider queue held ls [--domain D]   messages that a scanner held for review
  kubectl postrider queue held show ID [--raw]   details and headers of one; --raw: the whole message
  kubectl postrider queue held release ID        put it into the queue
  kubectl postrider queue held delete ID         delete it; no one is notified
  kubectl postrider queue quarantine ls          records that could not be read or written
  kubectl postrider queue quarantine show NUMBER     details of one, and its first octets
  kubectl postrider queue quarantine retry NUMBER    put it back where it came from
  kubectl postrider queue quarantine drop NUMBER     delete it permanently; a message in it is cancelled

  filters        --domain D (of the sender)  --destination D (of the recipient; all)  --limit N
  -n NAMESPACE   default: that of the context; with queue: that of the MailPlatform
  -A             all namespaces
  --context, --kubeconfig                    as with kubectl
  --broker nats://HOST:PORT                  queue: connect there instead of through the API server
  --broker-secret NAME                       queue: Secret with the broker's accounts, if it is not found automatically
  --json, -o json                            output for programs
  exit codes     0 done; 1 something is wrong (status), or the name is not known; 2 the message says what to fix`

export interface Options {
  words: string[]
  namespace: string | undefined
  everywhere: boolean
  context: string | undefined
  kubeconfig: string | undefined
  json: boolean
  zone: boolean
  raw: boolean
  showPassword: boolean
  broker: string | undefined
  brokerSecret: string | undefined
  domain: string | undefined
  destination: string | undefined
  limit: string | undefined
  help: boolean
}

/** The result of a command: the lines to print, and the exit code. */
export interface Answer {
  lines: string[]
  code: number
}

const text = { type: 'string' } as const
const flag = { type: 'boolean', default: false } as const

/** Throws a UsageError. */
export function readArguments(args: string[]): Options {
  const { positionals, values } = parsed(args)
  const { output } = values
  if (output !== undefined && output !== 'json') throw new UsageError(`-o ${output} is not supported; use -o json`)
  return {
    words: positionals,
    namespace: values.namespace,
    everywhere: values['all-namespaces'],
    context: values.context,
    kubeconfig: values.kubeconfig,
    json: values.json || output === 'json',
    zone: values.zone,
    raw: values.raw,
    showPassword: values['show-password'],
    broker: values.broker,
    brokerSecret: values['broker-secret'],
    domain: values.domain,
    destination: values.destination,
    limit: values.limit,
    help: values.help,
  }
}

function parsed(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        namespace: { ...text, short: 'n' },
        'all-namespaces': { ...flag, short: 'A' },
        context: text,
        kubeconfig: text,
        output: { ...text, short: 'o' },
        json: flag,
        zone: flag,
        raw: flag,
        'show-password': flag,
        broker: text,
        'broker-secret': text,
        domain: text,
        destination: text,
        limit: text,
        help: { ...flag, short: 'h' },
      },
    })
  } catch (cause) {
    throw new UsageError(`${cause instanceof Error ? cause.message : String(cause)}\n\n${USAGE}`, { cause })
  }
}
