-- Which sources there are, by the names that entries carry: so that a page can say who is silent.
CREATE TABLE sources.described (
    name text COLLATE "C" PRIMARY KEY,
    organisation text COLLATE "C" NOT NULL,
    system text COLLATE "C" NOT NULL,
    feed text COLLATE "C" NOT NULL,
    live text [] NOT NULL
);
COMMENT ON TABLE sources.described IS 'The sources that a region describes, as they were put in force last.';
COMMENT ON COLUMN sources.described.name IS 'The name of the source in the region.';
COMMENT ON COLUMN sources.described.organisation IS 'The organisation that it belongs to.';
COMMENT ON COLUMN sources.described.system IS 'The system of the organisation.';
COMMENT ON COLUMN sources.described.feed IS 'The feed, as entries name it.';
COMMENT ON COLUMN sources.described.live IS 'The headings that it can be asked for at the moment of need.';
