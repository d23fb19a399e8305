-- The state of the CA: what RFC 8555 section 7.1 calls resources.
--
-- Runs inside a transaction of the program, so it holds no BEGIN or COMMIT.
--
-- * Times are milliseconds since 1970. Ids are integer keys: one B-tree a table instead of two. No row is deleted, so
--   no id is ever given twice; a migration that brings deletion has to keep that.
-- * STRICT: without it SQLite stores a text in an INTEGER column without a word.
-- * Facts that are only ever read and written whole (keys, contacts, problems, records) are JSON texts. What is
--   searched for, or guards a transition, is a column.
-- * The state graph is RFC 8555 section 7.1.6. Updates are guarded by `status`; the CHECKs are the second line.

CREATE TABLE accounts (
  id INTEGER PRIMARY KEY,
  status TEXT NOT NULL CHECK (status IN ('valid', 'deactivated', 'revoked')),
  key TEXT NOT NULL,
  -- RFC 8555 section 7.3.1: one account a key. Deactivated ones count: their key is not free again (section 7.3.6).
  thumbprint TEXT NOT NULL UNIQUE,
  contacts TEXT NOT NULL,
  terms_of_service_agreed INTEGER NOT NULL CHECK (terms_of_service_agreed IN (0, 1)),
  created_at INTEGER NOT NULL
) STRICT;

-- An order has no status column: its status follows from these facts, its authorizations, its certificate and the time,
-- so there is no second copy that could disagree.
CREATE TABLE orders (
  id INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES accounts (id),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  not_before INTEGER,
  not_after INTEGER,
  -- Why issuance failed for good; the order is `invalid` from then on.
  problem TEXT
) STRICT;

CREATE TABLE authorizations (
  id INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES accounts (id),
  -- Without the wildcard's `*.` (RFC 8555 section 7.1.4).
  identifier_type TEXT NOT NULL,
  identifier_value TEXT NOT NULL,
  wildcard INTEGER NOT NULL CHECK (wildcard IN (0, 1)),
  -- `expired` is derived from `expires_at`: time passes without anybody writing.
  status TEXT NOT NULL CHECK (status IN ('pending', 'valid', 'invalid', 'deactivated', 'revoked')),
  expires_at INTEGER NOT NULL
) STRICT;

-- For a revocation by an account that holds the authorizations (RFC 8555 section 7.6). Partial: an authorization costs
-- an index entry when it becomes valid, not when it is made, and most questions never come here.
CREATE INDEX authorizations_valid ON authorizations (account_id, identifier_value) WHERE status = 'valid';

-- The identifiers of an order as they were asked for (with `*.`), in their order, each with its authorization. A table of
-- its own, so that an authorization can serve several orders (RFC 8555 section 7.4).
CREATE TABLE order_authorizations (
  order_id INTEGER NOT NULL REFERENCES orders (id),
  position INTEGER NOT NULL,
  identifier_type TEXT NOT NULL,
  identifier_value TEXT NOT NULL,
  authorization_id INTEGER NOT NULL REFERENCES authorizations (id),
  PRIMARY KEY (order_id, position)
) STRICT, WITHOUT ROWID;

-- For people who ask what became of a name: newest orders first, read from the end of the index.
CREATE INDEX order_authorizations_by_identifier ON order_authorizations (identifier_value, order_id);

CREATE TABLE challenges (
  id INTEGER PRIMARY KEY,
  authorization_id INTEGER NOT NULL REFERENCES authorizations (id),
  -- No CHECK: a further type of challenge must not need the table rebuilt.
  type TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('pending', 'processing', 'valid', 'invalid')),
  token TEXT NOT NULL,
  validated_at INTEGER,
  problem TEXT,
  record TEXT,
  -- A decided challenge says when and by what it was decided; an undecided one says nothing yet.
  CHECK ((status IN ('valid', 'invalid')) = (validated_at IS NOT NULL)),
  CHECK ((status IN ('valid', 'invalid')) = (record IS NOT NULL)),
  CHECK ((status = 'invalid') = (problem IS NOT NULL))
) STRICT;

CREATE INDEX challenges_by_authorization ON challenges (authorization_id);

-- What a crash interrupted, found at start without reading every challenge there ever was.
CREATE INDEX challenges_processing ON challenges (id) WHERE status = 'processing';

CREATE TABLE certificates (
  id INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES accounts (id),
  -- UNIQUE: an order has one certificate, whatever the program gets wrong. The order finds its certificate by this
  -- column and keeps no copy of the id.
  order_id INTEGER NOT NULL UNIQUE REFERENCES orders (id),
  -- Lower-case hex. RFC 5280 section 4.1.2.2: unique for each issuer; here for all of them, so that a serial names one.
  serial TEXT NOT NULL UNIQUE,
  identifiers TEXT NOT NULL,
  der BLOB NOT NULL,
  chain_pem TEXT NOT NULL,
  not_before INTEGER NOT NULL,
  not_after INTEGER NOT NULL,
  revocation_reason INTEGER,
  revoked_at INTEGER,
  CHECK ((revocation_reason IS NULL) = (revoked_at IS NULL))
) STRICT;
