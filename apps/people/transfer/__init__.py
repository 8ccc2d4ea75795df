"""People and calendars as tables: read from and written to CSV and XLSX, each row as if a person had typed it in."""
