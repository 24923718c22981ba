import type {
  SMTPServerAddress,
  SMTPServerAuthentication,
  SMTPServerAuthenticationResponse,
  SMTPServerDataStream,
  SMTPServerSession,
} from 'smtp-server'
import type { RuntimeConfig } from '@postrider/runtime-config/config'
import { matchesSender } from '@postrider/mail/address'
import type { Acceptance } from '../message/accept.ts'
import { notAllowed } from '../message/check-from.ts'
import type { Receive, Received } from '../message/receive.ts'
import type { SessionLeases } from '../policy/session-leases.ts'
import type { ReputationOf } from '../policy/suspended.ts'
import { RefusalError } from '@postrider/smtp/refusal'
import { loginOfCertificate } from './authenticate-certificate.ts'
import type { CertificateLogin } from './authenticate-certificate.ts'
import { checkPlain } from './authenticate.ts'
import type { Authenticator } from './authenticate.ts'
import { pathOf } from './envelope-connection.ts'
import type { EnvelopeRoom } from './envelope-room.ts'
import type { LoginAnswer } from './external-connection.ts'
import { futureReleaseOffer } from '@postrider/smtp/future-release'
import { readMailParameters } from '@postrider/smtp/parameters'
import type { Offers } from '@postrider/smtp/offers'
import { addressOf } from '@postrider/smtp/path'
import { allowedSenders, limitsOf, maxOctets, maxRecipients, submitterOf, tooLarge } from '../policy/submitter.ts'
import type { Submitter } from '../policy/submitter.ts'
import { recipientOf } from './recipient.ts'
import { Transactions } from './transactions.ts'

type Callback = (error?: Error | null) => void

export interface SessionHandlers {
  /** AUTH EXTERNAL, after the certificate was verified. */
  onExternal(login: CertificateLogin, session: SMTPServerSession, answer: LoginAnswer): void
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
  /** EHLO lines in addition to the library's own. */
  offers(): string[]
}

export interface SessionDependencies {
  now: () => number
  config: () => RuntimeConfig
  authenticate: Authenticator
  receive: Receive
  accept: Acceptance
  sessions: SessionLeases
  reputationOf: ReputationOf
  envelopeRoom: EnvelopeRoom
  refused: (refusal: RefusalError, session: SMTPServerSession) => void
}

/** Handles the commands of a submission: AUTH, MAIL, RCPT, DATA. Each command uses the configuration that is current when it arrives. */
export function createHandlers({
  now,
  config,
  authenticate,
  receive,
  accept,
  sessions,
  reputationOf,
  envelopeRoom,
  refused,
}: SessionDependencies): SessionHandlers {
  /** The client's reply to an error. Anything but a RefusalError is a fault of the ingress, and is answered as temporary. */
  const refuse = (error: unknown, session: SMTPServerSession): RefusalError => {
    const refusal =
      error instanceof RefusalError
        ? error
        : new RefusalError(451, '4.3.0', 'internal error; try again later', 'internal', { cause: error })
    refused(refusal, session)
    return refusal
  }
  const transactions = new Transactions()
  const offersTo = (session: SMTPServerSession): Offers => {
    return { secure: session.secure, longestHoldMs: config().platform.longestHoldMs, now: now() }
  }
  const loginOf = (session: SMTPServerSession): string => (typeof session.user === 'string' ? session.user : '')

  const logIn = (identify: () => Promise<string>, session: SMTPServerSession, answer: LoginAnswer): void => {
    const open = async (): Promise<string> => {
      const login = await identify()
      await sessions.open(session.id, limitsOf(login, config(), reputationOf))
      return login
    }
    open().then(
      (user) => answer(null, { user }),
      (error: unknown) => answer(refuse(error, session)),
    )
  }

  return {
    onAuth({ method, username, password, ...plain }, session, callback) {
      const identify = async (): Promise<string> => {
        if (method === 'PLAIN') checkPlain(plain, config().credentials)
        return authenticate(username ?? '', password ?? '', session.remoteAddress)
      }
      logIn(identify, session, callback)
    },

    onExternal(login, session, answer) {
      logIn(async () => loginOfCertificate(login, config()), session, answer)
    },

    onMailFrom(given, session, callback) {
      try {
        const submitter = submitterOf(loginOf(session), config(), reputationOf)
        const path = pathOf(given)
        const mail = readMailParameters(path, offersTo(session))
        const from = path.address === '' ? '' : addressOf(path.address, 'MAIL FROM', mail.utf8)
        // The null reverse path is allowed: a client may send notices itself (RFC 5321, 4.5.5).
        if (from !== '' && !matchesSender(allowedSenders(submitter), from)) {
          throw new RefusalError(553, '5.7.1', notAllowed(submitter.credential.address, from), 'sender')
        }
        const max = maxOctets(submitter, config().platform.messageBytes)
        if (mail.size !== undefined && mail.size > max) throw tooLarge(max)
        transactions.begin(session.envelope, from, mail)
        callback()
      } catch (error) {
        callback(refuse(error, session))
      }
    },

    onRcptTo(given, session, callback) {
      try {
        const submitter = submitterOf(loginOf(session), config(), reputationOf)
        const max = maxRecipients(submitter)
        if (session.envelope.rcptTo.length >= max) {
          throw new RefusalError(
            452,
            '4.5.3',
            `a message may have at most ${max} recipients; use another message for the rest`,
            'limit',
          )
        }
        const utf8 = transactions.usesUtf8(session.envelope)
        const recipient = recipientOf(pathOf(given), submitter.domain.name, utf8)
        // RFC 5321, 4.5.3.1.10: the client sends the remaining recipients in another transaction.
        if (!envelopeRoom.take(session.envelope, recipient)) {
          const text =
            'the recipients and their DSN parameters are too long for one message; use another message for the rest'
          throw new RefusalError(452, '4.5.3', text, 'limit')
        }
        transactions.add(session.envelope, recipient)
        callback()
      } catch (error) {
        callback(refuse(error, session))
      }
    },

    onData(stream, session, callback) {
      const acceptContent = async (): Promise<string> => {
        const submitter = (): Submitter => submitterOf(loginOf(session), config(), reputationOf)
        const transaction = transactions.get(session.envelope)
        let received: Received | undefined
        try {
          received = await receive(stream, maxOctets(submitter(), config().platform.messageBytes))
          // Looked up again: a slow client may have taken minutes, and its rights may have changed.
          return await accept(transaction, received.raw, submitter(), session.transmissionType)
        } finally {
          received?.release()
        }
      }
      acceptContent().then(
        (id) => callback(null, `queued as ${id}`),
        (error: unknown) => callback(refuse(error, session)),
      )
    },

    offers: () => ['CHUNKING', ...futureReleaseOffer({ longestHoldMs: config().platform.longestHoldMs, now: now() })],

    onClose({ id }) {
      // Nothing else needs cleaning up: an interrupted transaction was never accepted.
      sessions.close(id)
    },
  }
}
