"""Every limit that a delivery must keep, in one place; the message of a delivery that breaks one says it."""

import re

MOST_BAD_ROWS_PERCENT = 20
"""Share of a feed's rows that may be set aside whole; above it the export is broken, and the delivery is blocked."""

FEWEST_BAD_ROWS = 10
"""Fewer rows set aside than this never block a delivery: a share of very few rows says little."""

CLINIC_CODE = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}")
"""A clinic's code, which is a folder of the inbox too: 1 to 64 characters, as long as a key of the contract may be."""

NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,119}")
"""A delivery's identifier, mode or version in a manifest: 1 to 120 characters (reliability.md R-S3), no path among them."""

MOST_DELIVERIES_A_NIGHT = 1_000
"""New deliveries of one clinic that one night judges, three years of nightly ones; the next nights judge the others."""

MOST_FILES_OF_A_FOLDER = 100
"""Files in a delivery's folder; the contract has nine and a manifest."""

LARGEST_MANIFEST_BYTES = 1_000_000
"""A manifest of nine files has some 2,000."""

DEEPEST_MANIFEST = 16
"""Levels of brackets in a manifest; the contract has three."""

LARGEST_FILE_BYTES = 2_000_000_000
"""One feed's file, CSV or Parquet (R-S3)."""

MOST_ROWS = 50_000_000
"""Rows of one feed's file (R-S3)."""

MOST_COLUMNS = 500
"""Columns of a file; the contract's widest feed has 96, and a clinic's own columns are dropped."""

LONGEST_LINE_BYTES = 1_000_000
"""One line of a CSV file (R-S3); a row of the widest feed has some 2,000."""

LONGEST_FIELD_CHARACTERS = 10_000
"""One value; the contract's longest, a set of every code of a field, has under 1,000."""

LARGEST_FOOTER_BYTES = 16_000_000
"""The description at the end of a Parquet file; 500 columns in 200 groups of rows have about that."""

MOST_ROW_GROUPS = 10_000
"""Groups of rows of a Parquet file; 50 million rows in the groups that writers make by themselves are 400."""

LARGEST_UNPACKED_BYTES = 4_000_000_000
"""A Parquet file once it is unpacked, and as the text that is read from it (R-S3)."""

MOST_UNPACKED_TIMES = 100
"""How many times larger a Parquet file may become when it is unpacked, above ALWAYS_UNPACKED_BYTES; records become under 20."""

ALWAYS_UNPACKED_BYTES = 100_000_000
"""A Parquet file that is no larger than this once unpacked does no harm, however small it was."""

MOST_ROWS_A_BYTE = 10
"""Rows a byte of a Parquet file: every row has a key of its own, so that even sorted and packed ones take a byte or more."""

PARQUET_MEMORY = "512MB"
"""What reading a Parquet file for the first time may take; a page of one column is a few MB."""
