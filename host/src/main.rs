//! The `stormhost` command.

use std::process::ExitCode;
use std::rc::Rc;

fn main() -> ExitCode {
    if let Some(status) = stormhost::guard::stand_guard_if_asked() {
        return status;
    }
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_max_level(tracing::Level::DEBUG).init();
    let path = std::env::args().nth(1).unwrap();
    let ir = stormhost::topology::Ir::from_json(&std::fs::read(path).unwrap()).unwrap();
    let checked = match stormhost::topology::check(&ir, &Default::default(), &|_: &str, _: Option<&str>| true) { Ok(c) => c, Err(m) => { for m in m { eprintln!("{m}"); } return ExitCode::FAILURE } };
    let rt = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    rt.block_on(async move {
        let folder = stormhost::run_folder::RunFolder::create(&stormhost::run_folder::state_folder(), "x").unwrap();
        let guard = stormhost::guard::Guard::start(folder.token()).unwrap();
        let ended = stormhost::runtime::run::run(Rc::new(checked.topology), guard, &folder, None, |_| ()).await;
        eprintln!("{:?}", ended.how);
        eprintln!("{:#?}", ended.figures);
    });
    ExitCode::SUCCESS
}
