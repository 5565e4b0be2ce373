//! Every reader of a build's log and of the machine's samples: the first byte chooses the form,
//! what stands before a NUL is the Dockerfile, the rest is the log.
//! `cargo test --lib buildlog` calls the same.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fleet::buildlog::try_everything(bytes));
