import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** The message log: a projection of the headers in MAIL and of EVENTS. It can be deleted at any time; the next start rebuilds it.
 * `positions` contains the next sequence number of each stream, and changes in the same transaction as the rows written from the stream. */
const SCHEMA = `
CREATE TABLE IF NOT EXISTS messages (
  id TEXT PRIMARY KEY,
  domain TEXT NOT NULL,
  accepted_at INTEGER NOT NULL,
  envelope TEXT NOT NULL,          -- JSON, without the recipients' outcome
  content TEXT,                    -- JSON ContentRef; NULL when it is erased, or only events refer to the message
  open INTEGER NOT NULL,           -- recipients not settled yet
  settled_at INTEGER,
  delayed_told INTEGER NOT NULL DEFAULT 0,
  erased_at INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS messages_to_erase ON messages (domain, settled_at) WHERE erased_at IS NULL AND settled_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS messages_to_delay ON messages (accepted_at) WHERE delayed_told = 0 AND open > 0;
CREATE INDEX IF NOT EXISTS messages_to_forget ON messages (erased_at) WHERE erased_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS recipients (
  id TEXT NOT NULL,
  address TEXT NOT NULL,
  destination TEXT NOT NULL,
  state TEXT NOT NULL,             -- queued, deferred, delivered, failed, cancelled
  part INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  outcome TEXT,                    -- JSON RecipientOutcome of the last attempt
  remote TEXT,                     -- JSON of the host that answered
  next_at INTEGER,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (id, address)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS recipients_open ON recipients (state, next_at) WHERE state IN ('queued', 'deferred');
CREATE TABLE IF NOT EXISTS story (id TEXT NOT NULL, at INTEGER NOT NULL, event TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS story_of ON story (id);
CREATE TABLE IF NOT EXISTS outbox (notice_id TEXT PRIMARY KEY, of TEXT NOT NULL, notice TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS outbox_of ON outbox (of);
-- Parts of messages that were not accepted, and what repeated tries left of others, until they are deleted. A JSON list of sequence
-- numbers.
CREATE TABLE IF NOT EXISTS discards (id TEXT NOT NULL, stream TEXT NOT NULL, parts TEXT NOT NULL, PRIMARY KEY (id, stream)) STRICT;
CREATE TABLE IF NOT EXISTS positions (stream TEXT PRIMARY KEY, next_seq INTEGER NOT NULL) STRICT;
`

/** SQL condition: the envelope of the message was read. A release that only supports envelopes in headers reads a record with its envelope
 * in the payload as a message whose recipients are not a list (see payloadFields in queue/record.ts). Its envelope must be read again. */
export const HAS_RECIPIENTS = `json_type(messages.envelope, '$.recipients') IS 'array'`

/** Opens the log, and creates its folder and tables if necessary. In WAL mode readers do not wait for the writer, and transactions are
 * atomic even if the process crashes. */
export function openLog(file: string): DatabaseSync {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const db = new DatabaseSync(file)
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000')
  db.exec(SCHEMA)
  return db
}
