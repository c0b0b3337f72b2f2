//! The Redis spout and sink that are part of the host. What they are told stands in [`RedisOptions`]; prose: `docs/redis.md`.
//!
//! [`spout`] takes items from a [`source`], which is a [`list`] or a [`stream`], emits them ([`item`]) and tells Redis what became of them; [`channel`] listens
//! to pub/sub; [`sink`] writes. All of them come by their connections through [`connect`].

mod access;
mod channel;
mod connect;
mod consumer;
mod fails;
mod item;
mod list;
mod sink;
mod source;
mod spout;
mod stream;

pub use fails::Fails;

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::host::Host;
use crate::errors::Code;
use crate::topology::Kind;
use crate::topology::redis::{Mode, RedisOptions};

/// How long a sign of life in Redis lasts, and how often one is left.
const ALIVE: Duration = Duration::from_secs(30);
const CARE: Duration = Duration::from_secs(8);
/// How long an idle spout waits in Redis at a time: nobody can end that early, so it is what an orderly end may have to wait for.
const WAIT: Duration = Duration::from_millis(200);

/// Keeps one task of a Redis component going until the run ends.
pub async fn keep(host: Rc<Host>, at: usize) {
    let component = host.component(at);
    let Some(options) = component.redis.clone() else {
        host.fail(
            Code::BAD_REDIS_OPTION.told(format!("{} has no options for Redis", component.id)),
        );
        return host.with(|core| core.gone(at));
    };
    match (component.kind, options.mode) {
        (Kind::Bolt, _) => sink::keep(&host, at, &options).await,
        (Kind::Spout, Mode::Channel) => channel::keep(&host, at, &options).await,
        (Kind::Spout, _) => spout::keep(&host, at, options).await,
    }
    host.with(|core| core.gone(at));
}

/// What all of them know of themselves.
struct Place<'a> {
    host: &'a Rc<Host>,
    at: usize,
    options: Arc<RedisOptions>,
}

impl Place<'_> {
    fn component(&self) -> &str {
        &self.host.component(self.at).id
    }

    fn kind(&self) -> Kind {
        self.host.component(self.at).kind
    }

    /// Whether what is not heard now is never heard.
    fn hears_once(&self) -> bool {
        (self.kind(), self.options.mode) == (Kind::Spout, Mode::Channel)
    }

    /// Says something in the log, as this component.
    fn info(&self, said: &str) {
        tracing::info!(component = self.component(), task = self.at + 1, "{said}");
    }

    fn warn(&self, code: Code, said: &str) {
        tracing::warn!(component = self.component(), task = self.at + 1, %code, "{said}");
    }

    fn error(&self, code: Code, said: &str) {
        tracing::error!(component = self.component(), task = self.at + 1, %code, "{said}");
    }
}
