-- What a source can send, so that a page knows whose silence matters under a heading.
ALTER TABLE sources.described ADD COLUMN types text [] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN sources.described.types IS 'The types of entries that its mapping makes; empty where it sends entries as they are, of any type.';
