"""Everything about the database: the contract both images share, the Job that moves the schema, its revisions."""
