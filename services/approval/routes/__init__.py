"""The HTTP interface `/api/approval/v1` (contract: docs/api.md)."""
