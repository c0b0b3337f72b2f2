//! `stormhost try`: one component by hand. Tuples are typed or piped in as lines of JSON; what the component emits, acks, fails and says comes out.
//!
//! [`target`] finds out what is to be started, [`input`] reads lines, [`conversation`] speaks with the child in Storm's dialects, which every
//! component knows, also those that would rather speak frames; [`said`] shows what happened.

mod conversation;
mod input;
mod said;
mod target;

use crate::cli::TryOptions;
use crate::errors::Code;
use crate::guard::Guard;
use crate::prepare::tell_error;
use crate::status::ExitStatus;

/// Tries one component until its input ends.
///
/// 0: every tuple was acked, or a spout emitted something. 3: some failed, or were never answered, or the component left before its input ended, or did
/// what no run lets pass. 1: a line of the input is no tuple, or the component cannot be found. 4: it cannot be started, or does not speak the protocol.
pub fn attempt(options: &TryOptions) -> ExitStatus {
    let tried = match target::find(options) {
        Ok(tried) => tried,
        Err(status) => return status,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            tell_error(
                Code::NO_EVENT_LOOP,
                format_args!("the event loop cannot be set up: {error}"),
            );
            return ExitStatus::HostError;
        }
    };
    let status = runtime.block_on(async {
        let token = token();
        let guard = match Guard::start(&token) {
            Ok(guard) => guard,
            Err(error) => {
                tell_error(
                    Code::NO_GUARD,
                    format_args!("the guard process cannot be started: {error}"),
                );
                return ExitStatus::HostError;
            }
        };
        let status = conversation::speak(&tried, options, &guard, token).await;
        guard.finish().await;
        status
    });
    // The thread that reads standard input may wait for a line that never comes.
    runtime.shutdown_background();
    status
}

/// Marks the processes of this attempt.
fn token() -> String {
    use std::hash::{BuildHasher, RandomState};
    format!("{:016x}", RandomState::new().hash_one(std::process::id()))
}
