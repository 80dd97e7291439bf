ALTER TABLE workspace.visit_edit
DROP CONSTRAINT visit_edit_state_check,
ADD CONSTRAINT visit_edit_state_check CHECK (state IN ('filed', 'conflict', 'left', 'held'));
DROP INDEX workspace.visit_edit_open;
CREATE INDEX visit_edit_open ON workspace.visit_edit (user_name, organisation, received_at)
WHERE state IN ('conflict', 'held');
COMMENT ON COLUMN workspace.visit_edit.state IS 'filed, conflict while both texts are shown, left when its writer put its own text away, or held when it may not be filed: the tie has ended, or its time is not within that of the copy.';
COMMENT ON COLUMN workspace.visit_edit.sealed_text IS 'The text, sealed under the secret of the installation, while it is in conflict, held or left; null once it is filed.';
