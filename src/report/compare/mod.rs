//! Sets two sides of runs beside each other: what changed, by how much, and what may be said about it.

mod comparison;

pub use comparison::{
    Amount, BuildKey, BuildRow, COMPARISON_SCHEMA, Comparison, Condition, FEWEST_RUNS, Headline,
    Interval, Measure, MetricRow, Order, Pair, Reason, SideRun, Spread, StepRow, Test, Verdict,
};
