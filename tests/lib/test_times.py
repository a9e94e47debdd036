"""Times: RFC 3339 as others write it is read, and as this product writes it is UTC."""

from __future__ import annotations

import pytest
from flowtriq_flowspec.times import rfc3339, seconds_of

AT_THREE = 1768446000.0  # 2026-01-15T03:00:00Z


def test_a_time_is_written_in_utc() -> None:
    assert rfc3339(AT_THREE + 0.9) == "2026-01-15T03:00:00Z"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-01-15T03:00:00Z", AT_THREE),
        ("2026-01-15T03:00:00z", AT_THREE),
        ("2026-01-15T04:00:00+01:00", AT_THREE),
        ("2026-01-15T03:00:00", AT_THREE),
        ("2026-01-15T03:00:00.5Z", AT_THREE + 0.5),
        ("2026-01-15T03:00:00.123456789Z", AT_THREE + 0.123456),
    ],
)
def test_a_time_is_read(text: str, seconds: float) -> None:
    assert seconds_of(text) == pytest.approx(seconds, abs=1e-6)


def test_another_text_is_no_time() -> None:
    with pytest.raises(ValueError, match="yesterday"):
        seconds_of("yesterday")
