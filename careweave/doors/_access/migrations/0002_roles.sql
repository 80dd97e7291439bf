-- As what a client asks: one role, setting and team, and the person at work behind it.
ALTER TABLE access.client
ADD COLUMN role text COLLATE "C" NOT NULL DEFAULT 'SYS',
ADD COLUMN setting text COLLATE "C" NOT NULL DEFAULT '',
ADD COLUMN team text COLLATE "C" NOT NULL DEFAULT '',
ADD COLUMN user_name text COLLATE "C" NOT NULL DEFAULT '',
ADD COLUMN person uuid;
COMMENT ON COLUMN access.client.role IS 'As what it asks: a role of the matrix, or SYS for a technical system.';
COMMENT ON COLUMN access.client.setting IS 'Where the role works, such as home-care; empty for none.';
COMMENT ON COLUMN access.client.team IS 'In which team or service; empty for none.';
COMMENT ON COLUMN access.client.user_name IS 'Who is at work behind it, as the organisation names them; empty for a technical system.';
COMMENT ON COLUMN access.client.person IS 'Who the user is in the record, for a citizen''s own view and to refuse staff theirs; null where unknown.';
