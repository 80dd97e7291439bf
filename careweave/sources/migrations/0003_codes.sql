-- Free text in the place of a code is kept as a digest.
COMMENT ON COLUMN sources.unmapped_code.code IS 'The code as it came; a keyed digest of what does not read like a code.';
COMMENT ON COLUMN sources.unmapped_code.display IS 'What the source calls the code, cut at 120 characters; empty for a digest.';
