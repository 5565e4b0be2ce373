//! Sizes, durations and counts as people read them. Sizes are decimal, as in Docker's own output.

/// Bytes with a decimal unit and at most one decimal: `0 B`, `999 B`, `1.2 GB`.
#[must_use]
pub fn bytes(n: u64) -> String {
    const UNITS: [(u64, &str); 5] = [
        (1_000_000_000_000_000, "PB"),
        (1_000_000_000_000, "TB"),
        (1_000_000_000, "GB"),
        (1_000_000, "MB"),
        (1_000, "kB"),
    ];
    for (size, unit) in UNITS {
        // Rounding up to "1000.0 MB" would be the next unit's job.
        if u128::from(n) * 1000 >= u128::from(size) * 1000 - u128::from(size) / 20 {
            let tenths = (u128::from(n) * 10 + u128::from(size) / 2) / u128::from(size);
            return if tenths >= 1000 || tenths % 10 == 0 {
                format!("{} {unit}", (u128::from(n) + u128::from(size) / 2) / u128::from(size))
            } else {
                format!("{}.{} {unit}", tenths / 10, tenths % 10)
            };
        }
    }
    format!("{n} B")
}

/// A span of time: `850 ms`, `4.2 s`, `12 m 40 s`, `3 h 05 m`.
#[must_use]
pub fn duration(milliseconds: u64) -> String {
    match milliseconds {
        0..1_000 => format!("{milliseconds} ms"),
        1_000..60_000 => format!("{}.{} s", milliseconds / 1_000, milliseconds % 1_000 / 100),
        60_000..3_600_000 => {
            format!("{} m {:02} s", milliseconds / 60_000, milliseconds % 60_000 / 1_000)
        }
        _ => format!("{} h {:02} m", milliseconds / 3_600_000, milliseconds % 3_600_000 / 60_000),
    }
}

/// An age in its largest fitting unit: `40 s`, `12 m`, `5 h`, `3 d`.
#[must_use]
pub fn age(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} m", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// A duration as people write it: `90s`, `10m`, `24h`, `7d`, `1h 30m`, or `0`. Days have 24 hours.
///
/// # Errors
/// When it is none of these, or negative.
pub fn parse_duration(text: &str) -> Result<std::time::Duration, String> {
    if text.trim() == "0" {
        return Ok(std::time::Duration::ZERO);
    }
    text.trim()
        .parse::<jiff::Span>()
        .and_then(|span| span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()))
        .ok()
        .and_then(|d| std::time::Duration::try_from(d).ok())
        .ok_or_else(|| {
            format!("\"{}\" is not a duration such as 90s, 10m, 24h or 7d", super::escape(text))
        })
}

/// A size as people write it: `500MB`, `5 GB`, `2GiB`, or plain bytes. `G` is `GB`, decimal.
///
/// # Errors
/// When it is none of these.
pub fn parse_bytes(text: &str) -> Result<u64, String> {
    parse_size::parse_size(text)
        .map_err(|_| format!("\"{}\" is not a size such as 500MB or 5GB", super::escape(text)))
}

/// A count with its noun: `1 host`, `3 hosts`.
#[must_use]
pub fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_as_docker_prints_them() {
        let cases = [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1 kB"),
            (1_234, "1.2 kB"),
            (999_960, "1 MB"),
            (25_000_000_000, "25 GB"),
            (123_456_789_012, "123 GB"),
            (u64::MAX, "18447 PB"),
        ];
        for (n, shown) in cases {
            assert_eq!(bytes(n), shown, "{n}");
        }
    }

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, seconds) in [
            ("0", 0),
            ("90s", 90),
            ("10m", 600),
            ("24h", 86_400),
            ("7d", 604_800),
            ("1h 30m", 5_400),
        ] {
            assert_eq!(parse_duration(text).unwrap().as_secs(), seconds, "{text}");
        }
        for text in ["", "soon", "-5m", "24", "1 fortnight"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_read_as_they_are_printed() {
        for (text, n) in
            [("0", 0), ("5GB", 5_000_000_000), ("1.5 kB", 1_500), ("2GiB", 2 << 30), ("7", 7)]
        {
            assert_eq!(parse_bytes(text), Ok(n), "{text}");
        }
        for text in ["", "much", "-5GB", "5 parsecs"] {
            assert!(parse_bytes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn times_use_their_largest_fitting_units() {
        assert_eq!(duration(850), "850 ms");
        assert_eq!(duration(4_260), "4.2 s");
        assert_eq!(duration(760_000), "12 m 40 s");
        assert_eq!(duration(11_100_000), "3 h 05 m");
        assert_eq!(age(40), "40 s");
        assert_eq!(age(259_200), "3 d");
        assert_eq!(count(1, "host"), "1 host");
        assert_eq!(count(0, "host"), "0 hosts");
    }
}
