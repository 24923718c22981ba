/** The one place that names a stream, a subject or a bucket.
 *
 * MAIL_0 .. MAIL_n-1   mail.<n>.new    one record per message: envelope in headers, content as payload
 *                      mail.<n>.part   the rest of content that does not fit into the record
 * JOBS                 job.wait.<destination>.<id>.<part>   schedules: jobs that wait for their next attempt
 *                      job.due         jobs to be attempted now: fired schedules, split messages
 * EVENTS               event.<service> events, in batches
 * HELD                 held.<id>.record, held.<id>.part   messages held for review, in the format of MAIL
 * QUARANTINE           quarantine.<stream>.<sequence>, quarantine.<kind>.<hash>   records that could not be read or written
 */
export const mailStream = (shard: number): string => `MAIL_${shard}`
export const newSubject = (shard: number): string => `mail.${shard}.new`
export const partSubject = (shard: number): string => `mail.${shard}.part`
export const HELD = 'HELD'
export const heldRecordSubject = (id: string): string => `held.${id}.record`
export const heldPartSubject = (id: string): string => `held.${id}.part`
/** The records of all held messages. */
export const HELD_RECORDS = 'held.*.record'
export const JOBS = 'JOBS'
export const DUE_SUBJECT = 'job.due'
export const EVENTS = 'EVENTS'
/** The events of all services. */
export const ALL_EVENTS = 'event.>'
export const eventSubject = (service: string): string => `event.${service}`
export const QUARANTINE = 'QUARANTINE'
export const quarantineSubject = (from: string, name: string): string => `quarantine.${from}.${name}`
/** Subject on which delivery workers ask each other which attempts they have in flight; not stored. */
export const IN_FLIGHT_SUBJECT = 'delivery.in-flight'
/** Subjects on which the notifier answers questions about the message log (lib/message-log). */
export const LOG_SHOW = 'log.show'
export const LOG_QUEUE = 'log.queue'
export const LOG_CANCEL = 'log.cancel'
export const LOG_HELD = 'log.held'
export const LOG_DECIDE = 'log.decide'
export const LOG_QUARANTINE = 'log.quarantine'
export const LOG_REPUTATION = 'log.reputation.list'
export const LOG_REPUTATION_RESTORE = 'log.reputation.restore'
/** The subjects of all questions. */
export const LOG_QUESTIONS = 'log.>'
export const DELIVERY_CONSUMER = 'delivery'
export const CONFIG_BUCKET = 'config'
export const USE_BUCKET = 'use'
/** When verification codes were sent, by mailbox and by namespace. */
export const CODES_BUCKET = 'codes'
export const REPUTATION_BUCKET = 'standing'
/** Jobs that were cancelled, by id and destination, and by part if they were attempted before. */
export const CANCELLED_BUCKET = 'cancelled'
/** Attempts that have begun and not ended, counted because they may have crashed their worker (lib/queue/fatal-attempts.ts). */
export const BEGUN_BUCKET = 'begun'

/** Encodes a destination as one subject token, in which a domain's dots and an address literal's brackets are not allowed. */
export const destinationToken = (destination: string): string => Buffer.from(destination).toString('base64url')
export const destinationOfToken = (token: string): string => Buffer.from(token, 'base64url').toString()

/** The subject of the schedule for the next attempt of a job. It has one schedule; a newer one replaces it. */
export function waitSubject(destination: string, id: string, part: number): string {
  return `job.wait.${destinationToken(destination)}.${id}.${part}`
}
