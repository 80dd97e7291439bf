-- An erasure waits for every writer: one that it overtook would write to a person who is gone.
CREATE FUNCTION record.quiet() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    LOCK TABLE record.resource IN EXCLUSIVE MODE;
END
$$;
COMMENT ON FUNCTION record.quiet() IS 'Waits until nobody writes entries, and keeps writers waiting until the transaction ends; who reads goes on.';
