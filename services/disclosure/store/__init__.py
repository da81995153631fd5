"""Disclosure's rows: record files and releases, the transparency log, the portal's and the desk's readings."""
