-- Old sessions are forgotten whenever one begins: they are found by their age.
CREATE INDEX session_began ON access.session (began_at);
