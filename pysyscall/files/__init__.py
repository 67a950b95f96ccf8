"""Files: paths, contents, status, directories, attributes, locks and notifications."""
