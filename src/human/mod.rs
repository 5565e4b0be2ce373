//! Bytes, durations and counts for people, and the escaping of everything that came from a host.

mod escape;
mod fold;
mod quantity;

pub use escape::{escape, escape_bytes, excerpt};
pub use fold::fold_names;
pub use quantity::{age, bytes, count, duration, parse_bytes, parse_duration};
