"""Validates exported matches: each folder below the first argument holds event.jsonl, match.json and meta.json."""

import contextlib
import io
import pathlib
import sys
import warnings

import cdf

warnings.simplefilter("error")
validators = {
    "event.jsonl": cdf.EventSchemaValidator(),
    "match.json": cdf.MatchSchemaValidator(),
    "meta.json": cdf.MetaSchemaValidator(),
}
files, failures = 0, []
for folder in sorted(path for path in pathlib.Path(sys.argv[1]).iterdir() if path.is_dir()):
    for name, validator in validators.items():
        files += 1
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                validator.validate_schema(sample=folder / name, mode="extreme", limit=None)
        except Exception as error:
            failures.append(f"{folder.name}/{name}: {error}; {validator.errors[:5]} {validator.advisories[:5]}")
print(f"{files} files validated against CDF {cdf.VERSION}")
sys.exit("\n".join(failures) or 0)
