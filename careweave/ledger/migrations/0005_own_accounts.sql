-- Somebody at work reads what they did themselves, and whom they have seen lately.
CREATE INDEX account_user ON ledger.account (organisation, user_name, at)
WHERE user_name IS NOT NULL;
