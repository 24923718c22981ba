import type {
  SMTPServerAddress,
  SMTPServerAuthentication,
  SMTPServerAuthenticationResponse,
  SMTPServerDataStream,
  SMTPServerSession,
} from 'smtp-server'
import type { RuntimeConfig } from '@postrider/runtime-config/config'
import { matchesSender, normaliseAddress } from '@postrider/mail/address'
import type { Acceptance } from '../message/accept.ts'
import { receive } from '../message/receive.ts'
import type { Received } from '../message/receive.ts'
import type { SessionLeases } from '../policy/session-leases.ts'
import { Refusal } from '../refusal.ts'
import type { Authenticator } from './authenticate.ts'
import {
  allowedSenders,
  limitsOf,
  mailParameters,
  mostOctets,
  mostRecipients,
  recipientOf,
  submitterOf,
} from './submission.ts'
import type { Submitter } from './submission.ts'

type Callback = (error?: Error | null) => void

export interface SessionHandlers {
  onAuth(
    auth: SMTPServerAuthentication,
    session: SMTPServerSession,
    callback: (error: Error | null | undefined, response?: SMTPServerAuthenticationResponse) => void,
  ): void
  onMailFrom(address: SMTPServerAddress, session: SMTPServerSession, callback: Callback): void
  onRcptTo(address: SMTPServerAddress, session: SMTPServerSession, callback: Callback): void
  onData(
    stream: SMTPServerDataStream,
    session: SMTPServerSession,
    callback: (error?: Error | null, message?: string) => void,
  ): void
  onClose(session: SMTPServerSession): void
}

export interface SessionDependencies {
  config: () => RuntimeConfig
  authenticate: Authenticator
  accept: Acceptance
  sessions: SessionLeases
  refused: (refusal: Refusal, session: SMTPServerSession) => void
}

/** The way of a submission: AUTH, MAIL, RCPT, DATA. Each command is judged by the configuration of its moment. */
export function createHandlers({
  config,
  authenticate,
  accept,
  sessions,
  refused,
}: SessionDependencies): SessionHandlers {
  /** Turns whatever a step throws into the client's reply; what is not a Refusal is our fault, and temporary. */
  const refuse = (error: unknown, session: SMTPServerSession): Refusal => {
    const refusal =
      error instanceof Refusal
        ? error
        : new Refusal(451, '4.3.0', 'something failed here; try again later', 'internal', { cause: error })
    refused(refusal, session)
    return refusal
  }
  const loginOf = (session: SMTPServerSession): string => (typeof session.user === 'string' ? session.user : '')

  return {
    onAuth(auth, session, callback) {
      const admit = async (): Promise<string> => {
        const login = await authenticate(auth.username ?? '', auth.password ?? '', session.remoteAddress)
        await sessions.open(session.id, limitsOf(login, config()))
        return login
      }
      admit().then(
        (login) => callback(null, { user: login }),
        (error: unknown) => callback(refuse(error, session)),
      )
    },

    onMailFrom({ address }, session, callback) {
      try {
        const submitter = submitterOf(loginOf(session), config())
        const from = address === '' ? '' : normaliseAddress(address)
        // The null reverse path is allowed: a client may send a notice of its own (RFC 5321, 4.5.5).
        if (from !== '' && (from === undefined || !matchesSender(allowedSenders(submitter), from))) {
          const text = `${submitter.credential.address} may not send as <${address}>; add it to the allowed senders`
          throw new Refusal(553, '5.7.1', text, 'sender')
        }
        callback()
      } catch (error) {
        callback(refuse(error, session))
      }
    },

    onRcptTo(given, session, callback) {
      try {
        const most = mostRecipients(submitterOf(loginOf(session), config()))
        if (session.envelope.rcptTo.length >= most) {
          throw new Refusal(
            452,
            '4.5.3',
            `no more than ${most} recipients a message; send the rest in another one`,
            'limit',
          )
        }
        recipientOf(given)
        callback()
      } catch (error) {
        callback(refuse(error, session))
      }
    },

    onData(stream, session, callback) {
      const take = async (): Promise<string> => {
        const submitter = (): Submitter => submitterOf(loginOf(session), config())
        let received: Received | undefined
        try {
          received = await receive(stream, mostOctets(submitter(), config().platform.messageBytes))
          const { mailFrom, rcptTo } = session.envelope
          return await accept({
            raw: received.raw,
            // As it is now: a slow client may have taken minutes.
            submitter: submitter(),
            from: mailFrom && mailFrom.address !== '' ? (normaliseAddress(mailFrom.address) ?? '') : '',
            recipients: rcptTo.map(recipientOf),
            protocol: session.transmissionType,
            ...mailParameters(session),
          })
        } finally {
          received?.release()
        }
      }
      take().then(
        (id) => callback(null, `queued as ${id}`),
        (error: unknown) => callback(refuse(error, session)),
      )
    },

    onClose({ id }) {
      // Nothing else outlives a session: a transaction that was cut off was never accepted.
      sessions.close(id)
    },
  }
}
