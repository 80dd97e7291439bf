-- As what somebody asked, by which episode, and whether the person is told of it.
ALTER TABLE ledger.account
ADD COLUMN deed text COLLATE "C",
ADD COLUMN role text COLLATE "C",
ADD COLUMN setting text COLLATE "C",
ADD COLUMN team text COLLATE "C",
ADD COLUMN user_name text COLLATE "C",
ADD COLUMN second_purpose text COLLATE "C",
ADD COLUMN episode uuid,
ADD COLUMN mandate uuid,
ADD COLUMN visible_to_person text COLLATE "C",
ADD COLUMN shown_hash text COLLATE "C";
COMMENT ON COLUMN ledger.account.deed IS 'The action that was decided on: open, read, search-one, list, find and so on; null where none was.';
COMMENT ON COLUMN ledger.account.role IS 'The role that asked; null for a technical system.';
COMMENT ON COLUMN ledger.account.setting IS 'The setting of the role; null for none.';
COMMENT ON COLUMN ledger.account.team IS 'The team of the role; null for none.';
COMMENT ON COLUMN ledger.account.user_name IS 'Who was at work, as the organisation names them; null for a technical system.';
COMMENT ON COLUMN ledger.account.second_purpose IS 'BTG where an emergency, or the word reason where a typed reason, let something be seen; null otherwise.';
COMMENT ON COLUMN ledger.account.episode IS 'The episode of that emergency or reason.';
COMMENT ON COLUMN ledger.account.mandate IS 'The legal mandate that let something be seen.';
COMMENT ON COLUMN ledger.account.visible_to_person IS 'When the person is told: now, delayed and by how long, or withheld; null for now, as it was before there were clauses.';
COMMENT ON COLUMN ledger.account.shown_hash IS 'The SHA-256 of what was shown, in hexadecimal digits.';
COMMENT ON COLUMN ledger.account.clauses IS 'What let it be seen, as JSON: for each clause, heading and level how many items, how old, and what was masked. Older accounts name a rule.';
