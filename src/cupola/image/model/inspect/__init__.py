"""What an uploaded image really is: `Inspector(disk_format)`, `feed(chunk)` …, `finish()`."""

from cupola.image.model.inspect.inspector import DECLARED, Inspector, Verdict
from cupola.image.model.inspect.refused import ImageRefused

__all__ = ["DECLARED", "ImageRefused", "Inspector", "Verdict"]
