import { parseArgs } from 'node:util'
import { UsageError } from '@postrider/standalone/usage-error'

export const USAGE = `kubectl postrider: mail in a cluster, and what to do about it

  kubectl postrider status [-A]              what is wrong, and what to do next
  kubectl postrider dns DOMAIN [--zone]      the DNS records wanted and seen; --zone: to paste into a zone file
  kubectl postrider credentials [NAME]       all logins, or how a program logs in with one of them
                    [--show-password]        and its password, from its Secret
  kubectl postrider suspend domain/NAME      nothing more is taken from it (or credential/NAME)
  kubectl postrider resume domain/NAME       the opposite
  kubectl postrider queue ls [filters]       what is not delivered yet (for who runs the platform)
  kubectl postrider queue show ID            the story of one message
  kubectl postrider queue retry ID | filters     attempt now what waits for its time
  kubectl postrider queue cancel ID | filters    take out of the queue what waits for its time
  kubectl postrider queue held ls [--domain D]   messages that a scanner had held for review
  kubectl postrider queue held show ID [--raw]   what is known of one, and its headers; --raw: all of it
  kubectl postrider queue held release ID        into the queue with it
  kubectl postrider queue held delete ID         erase it; nobody is told
  kubectl postrider queue quarantine ls          records that could not be read or written
  kubectl postrider queue quarantine show NUMBER     what is known of one, and its beginning
  kubectl postrider queue quarantine retry NUMBER    put it back to where it was meant to go
  kubectl postrider queue quarantine drop NUMBER     remove it for good; a message in it is cancelled

  filters        --domain D (of the sender)  --destination D (of the recipient; all)  --limit N
  -n NAMESPACE   that of the context by default; with queue: where the MailPlatform is
  -A             all namespaces
  --context, --kubeconfig                    as with kubectl
  --broker nats://HOST:PORT                  queue: connect there, instead of through the API server
  --broker-secret NAME                       queue: Secret with the broker's accounts, when it is not found by itself
  --json, -o json                            for programs
  exit codes     0 done; 1 something is wrong (status), or nothing is known by that name; 2 the message says what to mend`

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

/** What a command answers with: the lines to print, and the exit code. */
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
  if (output !== undefined && output !== 'json') throw new UsageError(`-o ${output}: there is only -o json`)
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
