"""Who is who and who may do what: tokens, the directory, role definitions."""
