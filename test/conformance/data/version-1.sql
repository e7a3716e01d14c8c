-- A data directory as version 1 left it: written by that version, and dumped.
PRAGMA user_version = 1;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE messages (
    sequence INTEGER PRIMARY KEY, receiver TEXT NOT NULL, attempts INTEGER NOT NULL, accepted_ms INTEGER NOT NULL,
    header TEXT NOT NULL, content TEXT
  ) STRICT;
CREATE TABLE dead (
    sequence INTEGER PRIMARY KEY, receiver TEXT NOT NULL, attempts INTEGER NOT NULL, accepted_ms INTEGER NOT NULL,
    header TEXT NOT NULL, content TEXT, dead_ms INTEGER NOT NULL, reason TEXT NOT NULL, detail TEXT, bytes INTEGER NOT NULL
  ) STRICT;
CREATE TABLE data (agent TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL) STRICT;
CREATE UNIQUE INDEX data_key ON data (agent, key);
CREATE TABLE timers (
    agent TEXT NOT NULL, id INTEGER NOT NULL, due_ms INTEGER NOT NULL, PRIMARY KEY (agent, id)
  ) STRICT, WITHOUT ROWID;
CREATE TABLE records (
    area TEXT NOT NULL, key TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (area, key)
  ) STRICT, WITHOUT ROWID;
CREATE TABLE seen (id TEXT PRIMARY KEY, seen_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX seen_time ON seen (seen_ms);
CREATE TABLE history (
    number INTEGER PRIMARY KEY, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, bytes INTEGER NOT NULL, lines TEXT NOT NULL
  ) STRICT;
CREATE TABLE inbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, body TEXT NOT NULL, made_ms INTEGER NOT NULL
  ) STRICT;
INSERT INTO meta (key, value) VALUES ('sequence', '6');
INSERT INTO messages (sequence, receiver, attempts, accepted_ms, header, content) VALUES (5, 'server', 0, 1000010, '{"performative":"request","receiver":"server","conversation_id":"c","reply_with":"q","protocol":"fipa-request","sender":"client","message_id":"m-t-client-1"}', '"deliver"');
INSERT INTO messages (sequence, receiver, attempts, accepted_ms, header, content) VALUES (6, 'server', 0, 1000013, '{"performative":"inform","receiver":"server","sender":"user","message_id":"m-t-r-4","conversation_id":"m-t-r-4"}', '3');
INSERT INTO dead (sequence, receiver, attempts, accepted_ms, header, content, dead_ms, reason, detail, bytes) VALUES (2, 'nobody', 0, 1000008, '{"performative":"inform","receiver":"nobody","extras":{"x-delivery":"at-least-once"},"sender":"user","message_id":"m-t-r-2","conversation_id":"m-t-r-2"}', '2', 1000008, 'ERR_AGENT_UNKNOWN', '''nobody''', 409);
INSERT INTO data (agent, key, value) VALUES ('client', 'seen', x'796573');
INSERT INTO timers (agent, id, due_ms) VALUES ('client', 7, 1795883464432);
INSERT INTO records (area, key, text) VALUES ('conversations', 'c 4', '{"undertakings":[{"id":1,"limits":{"messages":100000,"bytes":1073741824,"fuel":1000000000000,"wallMs":86400000,"toolCalls":10000,"cost":1000000,"hops":10000,"delegations":64,"revisits":16},"startedMs":1000005,"spent":{"messages":2,"bytes":725,"fuel":0,"toolCalls":0,"cost":0},"stopped":null,"told":[]}],"conversations":[{"id":"c","initiator":"client","protocol":"fipa-request","undertaking":1,"participants":["client","server"],"openReplies":["q"],"asks":[["client",{"messageId":"m-t-client-1","replyWith":"q"}]],"roles":[["client","initiator"],["server","participant"]],"dialogues":[{"kind":0,"opener":"client","partner":"server","state":"asked","isLate":false,"answersTo":null,"cancelling":null,"due":null,"asks":{"opener":{"messageId":"m-t-client-1","replyWith":"q"},"partner":null}}],"messages":1,"lastAct":"request"}]}');
INSERT INTO seen (id, seen_ms) VALUES ('order-1', 1000000);
INSERT INTO history (number, first_ms, last_ms, bytes, lines) VALUES (1, 1000000, 1000000, 729, '{"type":"sent","at":1000000,"sequence":1,"message":{"performative":"inform","receiver":"client","sender":"user","message_id":"m-t-r-1","conversation_id":"m-t-r-1","content":1}}
{"type":"sent","at":1000000,"sequence":null,"message":{"performative":"inform","receiver":"nobody","extras":{"x-delivery":"at-least-once"},"sender":"user","message_id":"m-t-r-2","conversation_id":"m-t-r-2","content":2}}
{"type":"sent","at":1000000,"sequence":5,"cause":"m-t-r-1","message":{"performative":"request","receiver":"server","conversation_id":"c","reply_with":"q","protocol":"fipa-request","sender":"client","message_id":"m-t-client-1","content":"deliver"}}
{"type":"handled","at":1000000,"id":"m-t-r-1","agent":"client","status":0,"fuel":10}');
INSERT INTO history (number, first_ms, last_ms, bytes, lines) VALUES (2, 1000000, 1000000, 176, '{"type":"sent","at":1000000,"sequence":6,"message":{"performative":"inform","receiver":"server","sender":"user","message_id":"m-t-r-4","conversation_id":"m-t-r-4","content":3}}');
INSERT INTO inbox (id, kind, body, made_ms) VALUES (1, 'purge', '99', 1795883404478);
