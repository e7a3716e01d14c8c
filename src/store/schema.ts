/**
 * The database of a system, as the steps that made it: a database of version n has had the first n steps.
 *
 * A step that has been published is never changed; what it got wrong is put right by the next one.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

  -- Accepted and not yet handled: what is delivered again after a restart, in this order.
  CREATE TABLE messages (
    sequence INTEGER PRIMARY KEY, receiver TEXT NOT NULL, attempts INTEGER NOT NULL, accepted_ms INTEGER NOT NULL,
    header TEXT NOT NULL, content TEXT
  ) STRICT;

  -- Given up, with the reason, until somebody delivers them again or purges them.
  CREATE TABLE dead (
    sequence INTEGER PRIMARY KEY, receiver TEXT NOT NULL, attempts INTEGER NOT NULL, accepted_ms INTEGER NOT NULL,
    header TEXT NOT NULL, content TEXT, dead_ms INTEGER NOT NULL, reason TEXT NOT NULL, detail TEXT, bytes INTEGER NOT NULL
  ) STRICT;

  -- What agents keep. A rowid table, because a value may be a megabyte.
  CREATE TABLE data (agent TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL) STRICT;
  CREATE UNIQUE INDEX data_key ON data (agent, key);

  CREATE TABLE timers (
    agent TEXT NOT NULL, id INTEGER NOT NULL, due_ms INTEGER NOT NULL, PRIMARY KEY (agent, id)
  ) STRICT, WITHOUT ROWID;

  -- What parts of the runtime keep of themselves, such as the state of a conversation.
  CREATE TABLE records (
    area TEXT NOT NULL, key TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (area, key)
  ) STRICT, WITHOUT ROWID;

  -- Ids that came from outside, so that one that comes again is known.
  CREATE TABLE seen (id TEXT PRIMARY KEY, seen_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX seen_time ON seen (seen_ms);

  -- What happened, one JSON object a line, all lines of one commit together.
  CREATE TABLE history (
    number INTEGER PRIMARY KEY, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, bytes INTEGER NOT NULL, lines TEXT NOT NULL
  ) STRICT;

  -- What commands ask of the system that runs on this directory.
  CREATE TABLE inbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, body TEXT NOT NULL, made_ms INTEGER NOT NULL
  ) STRICT;
  `,
  `
  -- What guards know of the way of a message: JSON, as whoever accepted it wrote it.
  ALTER TABLE messages ADD COLUMN passage TEXT;
  `,
]
