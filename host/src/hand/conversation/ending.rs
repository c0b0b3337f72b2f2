//! How a conversation ends: its component is seen out, and what is to be said of it.

use std::time::Duration;

use tokio::net::unix::pipe::Receiver;
use tokio::time::timeout;

use super::super::said::Said;
use super::{End, LEAVE, Talk};
use crate::errors::Code;
use crate::link::exit::Exit;
use crate::link::process::Process;
use crate::prepare::{tell, tell_error};
use crate::runtime::story::hint_about_the_end;
use crate::status::ExitStatus;
use crate::topology::Kind;

impl Talk<'_> {
    /// Sees it out: its input is closed by now. What it says at last counts.
    pub(super) async fn ends(
        mut self,
        end: End,
        process: &Process,
        stdout: &Receiver,
        stderr: &Receiver,
    ) -> ExitStatus {
        match &end {
            End::Through | End::Quiet(_) => self.last_words = Some(Vec::new()),
            End::Rubbish(why) => {
                not_storms(&format!("what it said cannot be understood: {why}"));
                process.kill();
            }
            End::Silent(opening) => {
                let seconds = opening.as_secs_f64();
                not_storms(&format!(
                    "it did not answer the handshake within {seconds} s (stormhost.handshake.timeout.secs)"
                ));
                process.kill();
            }
            End::Left => {}
        }
        let exit = self.is_seen_out(process, stdout, stderr).await;
        self.shows_last_words(exit);
        let holds = !self.open.is_empty();
        for (id, values) in std::mem::take(&mut self.open) {
            self.failed = true;
            self.show(Said::Unanswered(id.to_string(), values));
        }
        match end {
            End::Rubbish(_) | End::Silent(_) => return ExitStatus::NotStarted,
            End::Left => self.has_left(exit),
            End::Quiet(patience) => self.was_quiet(patience, holds),
            End::Through => {}
        }
        if !self.greeted {
            not_storms("it left before it answered the handshake");
            if let Some(hint) = hint_about_the_end(self.command, exit) {
                tell(format_args!("  hint: {hint}"));
            }
            return ExitStatus::NotStarted;
        }
        if self.failed {
            ExitStatus::SomeFailed
        } else if self.bad_lines {
            ExitStatus::Mistakes
        } else {
            ExitStatus::Complete
        }
    }

    /// Reads on until it has left, which it is made to in the end.
    async fn is_seen_out(
        &mut self,
        process: &Process,
        stdout: &Receiver,
        stderr: &Receiver,
    ) -> Exit {
        let reads_on = async {
            let mut chunk = vec![0; 64 * 1024];
            let mut complains = true;
            loop {
                tokio::select! {
                    ready = stdout.readable() => match stdout.try_read(&mut chunk) {
                        Ok(n @ 1..) => {
                            self.read.extend_from_slice(&chunk[..n]);
                            if self.understand().is_err() { std::future::pending::<()>().await }
                        }
                        Ok(0) => std::future::pending::<()>().await,
                        Err(_) if ready.is_err() => std::future::pending::<()>().await,
                        Err(_) => {}
                    },
                    ready = stderr.readable(), if complains => {
                        complains = ready.is_ok() && self.hears_complaints(stderr);
                    }
                }
            }
        };
        let exit = tokio::select! {
            exit = timeout(LEAVE, process.wait()) => exit.ok(),
            () = reads_on => None,
        };
        let exit = match exit {
            Some(exit) => exit,
            None => {
                process.kill();
                process.wait().await
            }
        };
        let mut chunk = vec![0; 64 * 1024];
        while let Ok(n @ 1..) = stdout.try_read(&mut chunk) {
            self.read.extend_from_slice(&chunk[..n]);
        }
        let _ = self.understand();
        self.hears_complaints(stderr);
        let rest = std::mem::take(&mut self.errors);
        if !rest.is_empty() {
            self.show(Said::Stderr(String::from_utf8_lossy(&rest).into_owned()));
        }
        exit
    }

    /// What it said once its input was closed, without what only says that it was. An error is then no news, as in a run.
    fn shows_last_words(&mut self, exit: Exit) {
        let content = exit.success();
        for said in self.last_words.take().unwrap_or_default() {
            let of_the_end = match &said {
                Said::Error(_) => true,
                Said::Log(..) => !content,
                Said::Stderr(text) => !content || text.contains("EOF"),
                _ => false,
            };
            if !of_the_end {
                self.show(said);
            }
        }
    }

    /// It left by itself, which no component does in a run: it would be started again.
    fn has_left(&mut self, exit: Exit) {
        self.failed = true;
        self.show(Said::Left(exit.to_string()));
        if let Some(hint) = exit.hint() {
            tell(format_args!("  hint: {hint}"));
        } else if self.greeted {
            self.may_be_of_the_other_kind();
        }
    }

    /// It said nothing more, though it had everything that it is to have. `holds`: whether tuples are among that, of which that was told.
    fn was_quiet(&mut self, patience: Duration, holds: bool) {
        let seconds = patience.as_secs_f64();
        match self.kind {
            Kind::Spout if self.commands.awaits_since().is_some() => {
                self.wrong(format!(
                    "it did not answer `{}` with sync",
                    self.last_command
                ));
                self.may_be_of_the_other_kind();
            }
            Kind::Spout if self.emitted == 0 => {
                self.wrong(format!("it emitted nothing for {seconds} s"));
            }
            Kind::Spout if !self.has_enough() => {
                tell(format_args!("it emitted nothing more for {seconds} s"));
            }
            Kind::Bolt if !self.synced && self.did_nothing() && !holds => {
                self.wrong("it did not answer a heartbeat with sync".to_owned());
                self.may_be_of_the_other_kind();
            }
            Kind::Spout | Kind::Bolt => {}
        }
    }

    fn did_nothing(&self) -> bool {
        self.emitted == 0 && !self.answered
    }

    /// What a component does that is told what only the other kind understands.
    fn may_be_of_the_other_kind(&self) {
        if self.is_command && self.did_nothing() {
            tell(match self.kind {
                Kind::Bolt => "  hint: is it a spout (--spout)?",
                Kind::Spout => "  hint: is it a bolt? Then leave out --spout",
            });
        }
    }
}

/// It is no component, as far as can be seen.
fn not_storms(why: &str) {
    tell_error(
        Code::TRY_FAILED,
        format_args!("{why}; does it speak Storm's multilang protocol?"),
    );
}
