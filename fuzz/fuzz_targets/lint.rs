//! Everything that `fleet lint` can do with a file; `cargo test --lib dockerfile` calls the same.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fleet::dockerfile::try_everything(bytes));
