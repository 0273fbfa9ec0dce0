-- Written by `make statements` from the tables and statements of this folder; a test compares it.
-- : documents.note
SELECT note.value
FROM note
WHERE note."key" = ?
-- : documents.add_note
INSERT INTO note ("key", value) VALUES (?, ?)
-- : documents.change_note
UPDATE note SET value=? WHERE note."key" = ?
-- : catalogue.pulse
SELECT fact."key", fact.value
FROM fact
WHERE fact."key" = ? OR fact."key" = ?
-- : catalogue.fact
SELECT fact.value
FROM fact
WHERE fact."key" = ?
-- : catalogue.add_fact
INSERT INTO fact ("key", value) VALUES (?, ?)
-- : catalogue.change_fact
UPDATE fact SET value=? WHERE fact."key" = ?
-- : catalogue.partitions
SELECT partition.name, partition."end", partition.slot
FROM partition ORDER BY partition.name
-- : catalogue.add_partition
INSERT INTO partition (name, "end", slot) VALUES (?, ?, ?)
-- : catalogue.change_partition
UPDATE partition SET "end"=?, slot=? WHERE partition.name = ?
-- : catalogue.remove_partition
DELETE FROM partition WHERE partition.name = ?
-- : catalogue.org_keys
SELECT org_key.organisation, org_key.epoch, org_key.slot
FROM org_key
-- : catalogue.add_org_key
INSERT INTO org_key (organisation, epoch, slot) VALUES (?, ?, ?)
-- : catalogue.remove_org_key
DELETE FROM org_key WHERE org_key.organisation = ? AND org_key.epoch = ?
-- : catalogue.holds
SELECT hold.id, hold.organisation, hold.account, hold.session, hold.repository, hold.reason, hold.placed
FROM hold ORDER BY hold.placed, hold.id
-- : catalogue.hold_of
SELECT hold.id, hold.reason, hold.placed
FROM hold
WHERE hold.organisation = ? AND hold.account = ? AND hold.session = ? AND hold.repository = ?
-- : catalogue.add_hold
INSERT INTO hold (organisation, account, session, repository, reason, placed) VALUES (?, ?, ?, ?, ?, ?)
-- : catalogue.remove_hold
DELETE FROM hold WHERE hold.id = ?
-- : catalogue.works
SELECT work.id, work.kind, work.scope, work.asked, work.done
FROM work ORDER BY work.id
-- : catalogue.add_work
INSERT INTO work (kind, scope, asked, done) VALUES (?, ?, ?, ?)
-- : catalogue.last_work
SELECT max(work.id) AS max_1
FROM work
-- : catalogue.change_work
UPDATE work SET done=? WHERE work.id = ?
-- : catalogue.remove_work
DELETE FROM work WHERE work.id = ?
-- : catalogue.last_entry
SELECT max(entry.seq) AS max_1
FROM entry
-- : catalogue.entries
SELECT entry.entry
FROM entry
WHERE entry.seq >= ? AND entry.seq < ? ORDER BY entry.seq
-- : catalogue.add_entry
INSERT INTO entry (seq, entry) VALUES (?, ?)
-- : catalogue.add_opening
INSERT INTO opening (seq, organisation, account, words) VALUES (?, ?, ?, ?)
-- : catalogue.openings
SELECT opening.seq, opening.words
FROM opening ORDER BY opening.seq DESC
 LIMIT ? OFFSET 0
-- : catalogue.openings_of
SELECT opening.seq, opening.words
FROM opening
WHERE opening.organisation = ? AND opening.account = ?
-- : catalogue.forget_opening
DELETE FROM opening WHERE opening.seq = ?
-- : catalogue.forget_openings_of
DELETE FROM opening WHERE opening.organisation = ? AND opening.account = ?
-- : catalogue.forget_openings
DELETE FROM opening WHERE opening.organisation = ?
-- : catalogue.organisations
SELECT organisation.id, organisation.name, organisation.terms, organisation.tier, organisation.created, organisation.zdr, organisation.dpp, organisation.product_feedback, organisation.keep, organisation.closed, organisation.recording, organisation.requests_per_minute, organisation.tokens_per_minute, organisation.at_once
FROM organisation ORDER BY organisation.name
-- : catalogue.organisation_there
SELECT organisation.id
FROM organisation
WHERE organisation.id = ?
-- : catalogue.organisation_named
SELECT organisation.id, organisation.name, organisation.terms, organisation.tier, organisation.created, organisation.zdr, organisation.dpp, organisation.product_feedback, organisation.keep, organisation.closed, organisation.recording, organisation.requests_per_minute, organisation.tokens_per_minute, organisation.at_once
FROM organisation
WHERE organisation.name = ?
-- : catalogue.add_organisation
INSERT INTO organisation (name, terms, tier, created, zdr, dpp, product_feedback, keep, closed, recording, requests_per_minute, tokens_per_minute, at_once) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
-- : catalogue.change_organisation
UPDATE organisation SET name=?, terms=?, tier=?, created=?, zdr=?, dpp=?, product_feedback=?, keep=?, closed=?, recording=?, requests_per_minute=?, tokens_per_minute=?, at_once=? WHERE organisation.id = ?
-- : catalogue.remove_organisation
DELETE FROM organisation WHERE organisation.id = ?
-- : catalogue.accounts
SELECT account.id, account.organisation, account.email, account.folded, account.tier, account.created, account.consent, account.closed
FROM account ORDER BY account.folded
-- : catalogue.accounts_of
SELECT account.id, account.organisation, account.email, account.folded, account.tier, account.created, account.consent, account.closed
FROM account
WHERE account.organisation = ? ORDER BY account.folded
-- : catalogue.account_there
SELECT account.id
FROM account
WHERE account.id = ?
-- : catalogue.account_with
SELECT account.id, account.organisation, account.email, account.folded, account.tier, account.created, account.consent, account.closed
FROM account
WHERE account.folded = ?
-- : catalogue.add_account
INSERT INTO account (organisation, email, folded, tier, created, consent, closed) VALUES (?, ?, ?, ?, ?, ?, ?)
-- : catalogue.change_account
UPDATE account SET organisation=?, email=?, folded=?, tier=?, created=?, consent=?, closed=? WHERE account.id = ?
-- : catalogue.remove_account
DELETE FROM account WHERE account.id = ?
-- : catalogue.acts
SELECT act.id, act.organisation, act.account, act.at, act.what, act.value
FROM act
WHERE act.organisation = ? ORDER BY act.at, act.id
-- : catalogue.acts_of
SELECT act.id, act.organisation, act.account, act.at, act.what, act.value
FROM act
WHERE act.organisation = ? AND act.account = ? ORDER BY act.at, act.id
-- : catalogue.add_act
INSERT INTO act (organisation, account, at, what, value) VALUES (?, ?, ?, ?, ?)
-- : catalogue.remove_api_key_of_account
DELETE FROM api_key WHERE api_key.account = ?
-- : catalogue.remove_act_of_account
DELETE FROM act WHERE act.account = ?
-- : catalogue.remove_opening_of_account
DELETE FROM opening WHERE opening.account = ?
-- : catalogue.remove_api_key_of_organisation
DELETE FROM api_key WHERE api_key.account IN (SELECT account.id
FROM account
WHERE account.organisation = ?)
-- : catalogue.remove_act_of_organisation
DELETE FROM act WHERE act.organisation = ?
-- : catalogue.remove_opening_of_organisation
DELETE FROM opening WHERE opening.organisation = ?
-- : catalogue.remove_org_key_of_organisation
DELETE FROM org_key WHERE org_key.organisation = ?
-- : catalogue.remove_upstream_of_organisation
DELETE FROM upstream WHERE upstream.organisation = ?
-- : catalogue.remove_account_of_organisation
DELETE FROM account WHERE account.organisation = ?
-- : catalogue.caller
SELECT api_key.id, api_key.digest, api_key.account, api_key.scopes, api_key.name, api_key.created, api_key.expires, api_key.revoked, api_key.used, api_key.requests_per_minute, api_key.tokens_per_minute, api_key.at_once, account.id AS id_1, account.organisation, account.email, account.folded, account.tier, account.created AS created_1, account.consent, account.closed, organisation.id AS id_2, organisation.name AS name_1, organisation.terms, organisation.tier AS tier_1, organisation.created AS created_2, organisation.zdr, organisation.dpp, organisation.product_feedback, organisation.keep, organisation.closed AS closed_1, organisation.recording, organisation.requests_per_minute AS requests_per_minute_1, organisation.tokens_per_minute AS tokens_per_minute_1, organisation.at_once AS at_once_1
FROM api_key JOIN account ON account.id = api_key.account JOIN organisation ON organisation.id = account.organisation
WHERE api_key.id = ?
-- : catalogue.callers
SELECT api_key.id, api_key.digest, api_key.account, api_key.scopes, api_key.name, api_key.created, api_key.expires, api_key.revoked, api_key.used, api_key.requests_per_minute, api_key.tokens_per_minute, api_key.at_once, account.id AS id_1, account.organisation, account.email, account.folded, account.tier, account.created AS created_1, account.consent, account.closed, organisation.id AS id_2, organisation.name AS name_1, organisation.terms, organisation.tier AS tier_1, organisation.created AS created_2, organisation.zdr, organisation.dpp, organisation.product_feedback, organisation.keep, organisation.closed AS closed_1, organisation.recording, organisation.requests_per_minute AS requests_per_minute_1, organisation.tokens_per_minute AS tokens_per_minute_1, organisation.at_once AS at_once_1
FROM api_key JOIN account ON account.id = api_key.account JOIN organisation ON organisation.id = account.organisation ORDER BY api_key.created, api_key.id
-- : catalogue.callers_of
SELECT api_key.id, api_key.digest, api_key.account, api_key.scopes, api_key.name, api_key.created, api_key.expires, api_key.revoked, api_key.used, api_key.requests_per_minute, api_key.tokens_per_minute, api_key.at_once, account.id AS id_1, account.organisation, account.email, account.folded, account.tier, account.created AS created_1, account.consent, account.closed, organisation.id AS id_2, organisation.name AS name_1, organisation.terms, organisation.tier AS tier_1, organisation.created AS created_2, organisation.zdr, organisation.dpp, organisation.product_feedback, organisation.keep, organisation.closed AS closed_1, organisation.recording, organisation.requests_per_minute AS requests_per_minute_1, organisation.tokens_per_minute AS tokens_per_minute_1, organisation.at_once AS at_once_1
FROM api_key JOIN account ON account.id = api_key.account JOIN organisation ON organisation.id = account.organisation
WHERE api_key.account = ? ORDER BY api_key.created, api_key.id
-- : catalogue.key
SELECT api_key.id, api_key.digest, api_key.account, api_key.scopes, api_key.name, api_key.created, api_key.expires, api_key.revoked, api_key.used, api_key.requests_per_minute, api_key.tokens_per_minute, api_key.at_once
FROM api_key
WHERE api_key.id = ?
-- : catalogue.add_key
INSERT INTO api_key (id, digest, account, scopes, name, created, expires, revoked, used, requests_per_minute, tokens_per_minute, at_once) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
-- : catalogue.revoke_key
UPDATE api_key SET revoked=? WHERE api_key.id = ? AND api_key.revoked IS NULL
-- : catalogue.use_key
UPDATE api_key SET used=? WHERE api_key.id = ? AND (api_key.used IS NULL OR api_key.used < ?)
-- : catalogue.limit_requests_per_minute
UPDATE api_key SET requests_per_minute=? WHERE api_key.id = ?
-- : catalogue.limit_tokens_per_minute
UPDATE api_key SET tokens_per_minute=? WHERE api_key.id = ?
-- : catalogue.limit_at_once
UPDATE api_key SET at_once=? WHERE api_key.id = ?
-- : catalogue.upstreams
SELECT upstream.name, upstream.format, upstream.url, upstream.provider, upstream.created, upstream.key_env, upstream.headers, upstream.priority, upstream.organisation, upstream.enabled
FROM upstream ORDER BY upstream.priority, upstream.name
-- : catalogue.upstream_there
SELECT upstream.name
FROM upstream
WHERE upstream.name = ?
-- : catalogue.add_upstream
INSERT INTO upstream (name, format, url, provider, created, key_env, headers, priority, organisation, enabled) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
-- : catalogue.change_upstream
UPDATE upstream SET name=?, format=?, url=?, provider=?, created=?, key_env=?, headers=?, priority=?, organisation=?, enabled=? WHERE upstream.name = ?
-- : catalogue.remove_upstream
DELETE FROM upstream WHERE upstream.name = ?
-- : partition.session_id
SELECT session.id
FROM session
WHERE session.organisation = ? AND session.account = ? AND session.name = ? AND session.repository = ?
-- : partition.keys_of_one
WITH wanted(organisation, account, name, repository) AS
(VALUES (?, ?, ?, ?))
 SELECT wanted.organisation, wanted.account, wanted.name, wanted.repository, "key".uid, "key".slot, "key".session, "key".id
FROM wanted JOIN session ON session.organisation = wanted.organisation AND session.account = wanted.account AND session.name = wanted.name AND session.repository = wanted.repository JOIN "key" ON session.id = "key".session ORDER BY "key".id
-- : partition.keys_of_some
WITH wanted(organisation, account, name, repository) AS
(VALUES (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?))
 SELECT wanted.organisation, wanted.account, wanted.name, wanted.repository, "key".uid, "key".slot, "key".session, "key".id
FROM wanted JOIN session ON session.organisation = wanted.organisation AND session.account = wanted.account AND session.name = wanted.name AND session.repository = wanted.repository JOIN "key" ON session.id = "key".session ORDER BY "key".id
-- : partition.key_rows
SELECT "key".session, "key".id
FROM "key"
WHERE "key".session = ? AND "key".uid = ?
-- : partition.move_key
UPDATE "key" SET slot=? WHERE "key".session = (SELECT session.id
FROM session
WHERE session.organisation = ? AND session.account = ? AND session.name = ? AND session.repository = ?) AND "key".uid = ?
-- : partition.slots
SELECT "key".slot
FROM "key"
-- : partition.last_session
SELECT max(session.id) AS max_1
FROM session
-- : partition.last_key
SELECT max("key".id) AS max_1
FROM "key"
-- : partition.last_chunk
SELECT max(chunk.id) AS max_1
FROM chunk
-- : partition.add_session
INSERT INTO session (id, organisation, account, name, repository) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
-- : partition.add_key
INSERT INTO "key" (id, uid, session, slot) VALUES (?, ?, ?, ?) ON CONFLICT (session, uid) DO NOTHING
-- : partition.add_chunk
INSERT INTO chunk (id, uid, session, "key", lane, created, expires, base, depth, size, records, length, digest, object, "offset", sizes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (uid) DO NOTHING
-- : partition.add_loose
INSERT INTO loose (chunk, data) VALUES (?, ?)
-- : partition.chunk_id
SELECT chunk.id
FROM chunk
WHERE chunk.uid = ?
-- : partition.lanes
SELECT lane.id, lane.kind, lane.flow, lane.provider, lane.retention, lane.training, lane.purposes, lane.rules
FROM lane
-- : partition.add_lane
INSERT INTO lane (id, kind, flow, provider, retention, training, purposes, rules) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
-- : partition.fact
SELECT fact.value
FROM fact
WHERE fact."key" = ?
-- : partition.forget_tallies
DELETE FROM tally WHERE tally.records = 0
-- : partition.forget_lanes
DELETE FROM lane WHERE NOT (EXISTS (SELECT *
FROM tally
WHERE tally.lane = lane.id)) AND NOT (EXISTS (SELECT *
FROM chunk
WHERE chunk.lane = lane.id))
-- : partition.count
INSERT INTO tally (organisation, lane, records, bytes) VALUES (?, ?, ?, ?) ON CONFLICT (organisation, lane) DO UPDATE SET records = tally.records + excluded.records, bytes = tally.bytes + excluded.bytes
-- : documents tables
CREATE TABLE document (
  id INTEGER NOT NULL,
  collection TEXT NOT NULL,
  name TEXT NOT NULL,
  url TEXT NOT NULL,
  media TEXT,
  every BIGINT,
  selector TEXT NOT NULL,
  filters TEXT NOT NULL,
  browser BOOLEAN NOT NULL,
  watched BOOLEAN NOT NULL,
  example BOOLEAN NOT NULL,
  PRIMARY KEY (id),
  UNIQUE (collection, name),
  UNIQUE (collection, url)
)
-- : documents tables
CREATE TABLE note (
  "key" TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY ("key")
)
-- : documents tables
CREATE TABLE phrase (
  id INTEGER NOT NULL,
  mark BIGINT NOT NULL,
  words TEXT NOT NULL,
  PRIMARY KEY (id)
)
-- : documents tables
CREATE INDEX ix_phrase_mark ON phrase (mark)
-- : documents tables
CREATE TABLE body (
  id INTEGER NOT NULL,
  document INTEGER NOT NULL,
  kind SMALLINT NOT NULL,
  digest BLOB NOT NULL,
  base INTEGER,
  depth INTEGER NOT NULL,
  size BIGINT NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY(document) REFERENCES document (id) ON DELETE CASCADE
)
-- : documents tables
CREATE INDEX body_digest ON body (substr(digest, 1, 6))
-- : documents tables
CREATE INDEX body_document ON body (document, kind)
-- : documents tables
CREATE TABLE capture (
  id INTEGER NOT NULL,
  document INTEGER NOT NULL,
  at BIGINT NOT NULL,
  shift BIGINT NOT NULL,
  seen SMALLINT NOT NULL,
  outcome SMALLINT NOT NULL,
  status SMALLINT,
  body INTEGER,
  raw INTEGER,
  why INTEGER,
  source INTEGER,
  final_url INTEGER,
  normaliser INTEGER,
  headers TEXT,
  PRIMARY KEY (id),
  FOREIGN KEY(document) REFERENCES document (id) ON DELETE CASCADE
)
-- : documents tables
CREATE INDEX capture_rare ON capture (document, outcome, at) WHERE outcome > 2
-- : documents tables
CREATE INDEX capture_repeat ON capture (document, at + shift) WHERE seen != 0 AND outcome != 1
-- : documents tables
CREATE INDEX capture_time ON capture (document, at, outcome)
-- : documents tables
CREATE INDEX capture_version ON capture (document, outcome, at + shift) WHERE outcome = 1
-- : documents tables
CREATE TABLE transition (
  document INTEGER NOT NULL,
  old BLOB NOT NULL,
  new BLOB NOT NULL,
  derivation INTEGER NOT NULL,
  added INTEGER NOT NULL,
  removed INTEGER NOT NULL,
  cosmetic BOOLEAN NOT NULL,
  reverts INTEGER,
  injected BOOLEAN NOT NULL,
  PRIMARY KEY (document, old, new),
  FOREIGN KEY(document) REFERENCES document (id) ON DELETE CASCADE
)
 WITHOUT ROWID
-- : catalogue tables
CREATE TABLE act (
  id INTEGER NOT NULL,
  organisation INTEGER NOT NULL,
  account INTEGER NOT NULL,
  at BIGINT NOT NULL,
  what TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (id)
)
-- : catalogue tables
CREATE INDEX act_subject ON act (organisation, account)
-- : catalogue tables
CREATE TABLE entry (
  seq INTEGER NOT NULL,
  entry BLOB NOT NULL,
  PRIMARY KEY (seq)
)
-- : catalogue tables
CREATE TABLE fact (
  "key" TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY ("key")
)
-- : catalogue tables
CREATE TABLE forwarded (
  sink TEXT NOT NULL,
  chunk BLOB NOT NULL,
  PRIMARY KEY (sink, chunk)
)
 WITHOUT ROWID
-- : catalogue tables
CREATE TABLE hold (
  id INTEGER NOT NULL,
  organisation INTEGER NOT NULL,
  account INTEGER NOT NULL,
  session TEXT NOT NULL,
  repository TEXT NOT NULL,
  reason TEXT NOT NULL,
  placed BIGINT NOT NULL,
  PRIMARY KEY (id),
  UNIQUE (organisation, account, session, repository)
)
-- : catalogue tables
CREATE TABLE notice (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  sink TEXT NOT NULL,
  session TEXT NOT NULL,
  at BIGINT NOT NULL
)
-- : catalogue tables
CREATE INDEX ix_notice_sink ON notice (sink)
-- : catalogue tables
CREATE TABLE opening (
  seq INTEGER NOT NULL,
  organisation INTEGER NOT NULL,
  account INTEGER NOT NULL,
  words TEXT NOT NULL,
  PRIMARY KEY (seq)
)
-- : catalogue tables
CREATE INDEX opening_subject ON opening (organisation, account)
-- : catalogue tables
CREATE TABLE org_key (
  organisation INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  slot INTEGER NOT NULL,
  PRIMARY KEY (organisation, epoch)
)
-- : catalogue tables
CREATE TABLE organisation (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  terms TEXT NOT NULL,
  tier TEXT NOT NULL,
  created BIGINT NOT NULL,
  zdr BOOLEAN NOT NULL,
  dpp BOOLEAN NOT NULL,
  product_feedback BOOLEAN NOT NULL,
  keep TEXT NOT NULL,
  closed BOOLEAN NOT NULL,
  recording TEXT DEFAULT 'required' NOT NULL,
  requests_per_minute INTEGER,
  tokens_per_minute INTEGER,
  at_once INTEGER,
  UNIQUE (name)
)
-- : catalogue tables
CREATE TABLE partition (
  name TEXT NOT NULL,
  "end" TEXT,
  slot INTEGER NOT NULL,
  PRIMARY KEY (name)
)
-- : catalogue tables
CREATE TABLE sink (
  name TEXT NOT NULL,
  organisation INTEGER NOT NULL,
  url TEXT NOT NULL,
  created BIGINT NOT NULL,
  flows TEXT NOT NULL,
  encoding TEXT NOT NULL,
  headers TEXT NOT NULL,
  webhook TEXT NOT NULL,
  webhook_key_env TEXT NOT NULL,
  through BIGINT NOT NULL,
  sent BIGINT NOT NULL,
  refused BIGINT NOT NULL,
  dropped BIGINT NOT NULL,
  fault TEXT NOT NULL,
  PRIMARY KEY (name)
)
-- : catalogue tables
CREATE TABLE work (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  scope TEXT NOT NULL,
  asked BIGINT NOT NULL,
  done TEXT NOT NULL
)
-- : catalogue tables
CREATE TABLE account (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation INTEGER NOT NULL,
  email TEXT NOT NULL,
  folded TEXT NOT NULL,
  tier TEXT NOT NULL,
  created BIGINT NOT NULL,
  consent BOOLEAN NOT NULL,
  closed BOOLEAN NOT NULL,
  FOREIGN KEY(organisation) REFERENCES organisation (id),
  UNIQUE (folded)
)
-- : catalogue tables
CREATE INDEX ix_account_organisation ON account (organisation)
-- : catalogue tables
CREATE TABLE upstream (
  name TEXT NOT NULL,
  format TEXT NOT NULL,
  url TEXT NOT NULL,
  provider TEXT NOT NULL,
  created BIGINT NOT NULL,
  key_env TEXT NOT NULL,
  headers TEXT NOT NULL,
  priority INTEGER NOT NULL,
  organisation INTEGER,
  enabled BOOLEAN NOT NULL,
  PRIMARY KEY (name),
  FOREIGN KEY(organisation) REFERENCES organisation (id)
)
-- : catalogue tables
CREATE INDEX ix_upstream_organisation ON upstream (organisation)
-- : catalogue tables
CREATE TABLE api_key (
  id TEXT NOT NULL,
  digest BLOB NOT NULL,
  account INTEGER NOT NULL,
  scopes TEXT NOT NULL,
  name TEXT NOT NULL,
  created BIGINT NOT NULL,
  expires BIGINT,
  revoked BIGINT,
  used TEXT,
  requests_per_minute INTEGER,
  tokens_per_minute INTEGER,
  at_once INTEGER,
  PRIMARY KEY (id),
  FOREIGN KEY(account) REFERENCES account (id)
)
-- : catalogue tables
CREATE INDEX ix_api_key_account ON api_key (account)
-- : partition tables
CREATE TABLE fact (
  "key" TEXT NOT NULL,
  value BIGINT NOT NULL,
  PRIMARY KEY ("key")
)
-- : partition tables
CREATE TABLE lane (
  id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  flow TEXT NOT NULL,
  provider TEXT NOT NULL,
  retention TEXT NOT NULL,
  training BOOLEAN NOT NULL,
  purposes TEXT NOT NULL,
  rules TEXT NOT NULL,
  PRIMARY KEY (id)
)
-- : partition tables
CREATE TABLE session (
  id INTEGER NOT NULL,
  organisation INTEGER NOT NULL,
  account INTEGER NOT NULL,
  name TEXT NOT NULL,
  repository TEXT NOT NULL,
  PRIMARY KEY (id),
  UNIQUE (name, repository, account, organisation)
)
-- : partition tables
CREATE INDEX session_account ON session (organisation, account)
-- : partition tables
CREATE TABLE chunk (
  id INTEGER NOT NULL,
  uid BLOB NOT NULL,
  session INTEGER NOT NULL,
  "key" INTEGER NOT NULL,
  lane INTEGER NOT NULL,
  created BIGINT NOT NULL,
  expires BIGINT NOT NULL,
  base BLOB NOT NULL,
  depth INTEGER NOT NULL,
  size BIGINT NOT NULL,
  records INTEGER NOT NULL,
  length BIGINT NOT NULL,
  digest BLOB NOT NULL,
  object TEXT NOT NULL,
  "offset" BIGINT NOT NULL,
  sizes BLOB NOT NULL,
  PRIMARY KEY (id),
  UNIQUE (uid),
  FOREIGN KEY(session) REFERENCES session (id),
  FOREIGN KEY(lane) REFERENCES lane (id)
)
-- : partition tables
CREATE INDEX ix_chunk_expires ON chunk (expires)
-- : partition tables
CREATE INDEX ix_chunk_session ON chunk (session)
-- : partition tables
CREATE TABLE "key" (
  id INTEGER NOT NULL,
  uid BLOB NOT NULL,
  session INTEGER NOT NULL,
  slot INTEGER NOT NULL,
  PRIMARY KEY (id),
  UNIQUE (session, uid),
  FOREIGN KEY(session) REFERENCES session (id)
)
-- : partition tables
CREATE TABLE tally (
  organisation INTEGER NOT NULL,
  lane INTEGER NOT NULL,
  records BIGINT NOT NULL,
  bytes BIGINT NOT NULL,
  PRIMARY KEY (organisation, lane),
  FOREIGN KEY(lane) REFERENCES lane (id)
)
 WITHOUT ROWID
-- : partition tables
CREATE TABLE loose (
  chunk INTEGER NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY (chunk),
  FOREIGN KEY(chunk) REFERENCES chunk (id)
)
