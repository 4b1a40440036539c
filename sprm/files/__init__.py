"""Files and folders: formats that others chose, and what is built once, kept in the cache and shared by processes."""
