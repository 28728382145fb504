"""Tasks as the API shows them: preconditions, ETags and exports."""
