-- After a large import the planner is told at once how much there is, not when autovacuum comes by.
CREATE FUNCTION record.analyse() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    ANALYZE record.resource, record.idx_token, record.idx_string, record.idx_date, record.idx_qty,
        record.extra_subject, record.subject, record.tie;
END
$$;
COMMENT ON FUNCTION record.analyse() IS 'Counts anew what the planner knows of the tables that an import fills.';
