"""Everything about the database: the contract that all images share, the Job that moves the schema, its revisions."""
