use std::time::Duration;

use tokio::time::timeout;

use super::*;

const SOON: Duration = Duration::from_secs(20);
const GRACE: Duration = Duration::from_millis(200);

fn start(body: impl FnOnce(Arc<Ends>) -> Exit + Send + 'static) -> Link {
    Inside::start("test[1]", Manner::usual(GRACE), body).unwrap()
}

async fn exit_of(link: &Link) -> Exit {
    timeout(SOON, link.life.wait())
        .await
        .expect("it should leave soon")
}

async fn all_of(pipe: &tokio::net::unix::pipe::Receiver) -> String {
    let mut said = Vec::new();
    loop {
        pipe.readable().await.unwrap();
        match pipe.try_read_buf(&mut said) {
            Ok(0) => return String::from_utf8(said).unwrap(),
            Err(error) if error.kind() != std::io::ErrorKind::WouldBlock => panic!("{error}"),
            _ => {}
        }
    }
}

async fn write(link: &Link, bytes: &[u8]) {
    link.stdin.writable().await.unwrap();
    assert_eq!(link.stdin.try_write(bytes).unwrap(), bytes.len());
}

#[tokio::test]
async fn it_hears_and_answers_and_leaves_at_the_end_of_its_input() {
    let link = start(|ends| {
        let mut space = [0; 64];
        loop {
            match ends.read(&mut space).unwrap() {
                0 => return Exit::Status(3),
                n => ends.write(&space[..n]).unwrap(),
            }
        }
    });
    write(&link, b"to and fro").await;
    let mut heard = [0; 64];
    link.stdout.readable().await.unwrap();
    let n = link.stdout.try_read(&mut heard).unwrap();
    assert_eq!(&heard[..n], b"to and fro");
    let Link { life, stdin, .. } = link;
    drop(stdin);
    assert_eq!(timeout(SOON, life.wait()).await.unwrap(), Exit::Status(3));
    assert_eq!(life.pid(), None);
}

#[tokio::test]
async fn a_full_pipe_makes_it_wait_until_it_is_read() {
    let link = start(|ends| {
        ends.write(&vec![b'x'; 1 << 20]).unwrap();
        Exit::Status(0)
    });
    // The pipe holds less than that, so it cannot have left.
    link.stdout.readable().await.unwrap();
    assert!(timeout(GRACE, link.life.wait()).await.is_err());
    assert_eq!(all_of(&link.stdout).await.len(), 1 << 20);
    assert_eq!(exit_of(&link).await, Exit::Status(0));
}

#[tokio::test]
async fn whatever_it_waits_for_ends_when_it_is_told_to_stop() {
    let reads = start(|ends| match ends.read(&mut [0; 8]) {
        Err(_) => Exit::Interrupted,
        Ok(_) => Exit::Status(0),
    });
    let writes = start(|ends| match ends.write(&vec![0; 1 << 20]) {
        Err(_) => Exit::Interrupted,
        Ok(()) => Exit::Status(0),
    });
    let waits = start(|ends| match ends.readable(SOON) {
        Err(_) => Exit::Interrupted,
        Ok(_) => Exit::Status(0),
    });
    for link in [reads, writes, waits] {
        link.life.terminate();
        assert_eq!(exit_of(&link).await, Exit::Interrupted);
    }
}

#[tokio::test]
async fn it_can_look_whether_there_is_anything_to_read() {
    let link = start(|ends| {
        assert!(!ends.readable(Duration::from_millis(1)).unwrap());
        ends.write(b"looked").unwrap();
        assert!(ends.readable(SOON).unwrap());
        Exit::Status(0)
    });
    link.stdout.readable().await.unwrap();
    write(&link, b"x").await;
    assert_eq!(exit_of(&link).await, Exit::Status(0));
}

#[tokio::test]
async fn a_panic_is_a_death_that_is_told() {
    let link = start(|_| panic!("something {}", "odd"));
    assert_eq!(exit_of(&link).await, Exit::Panicked);
    assert_eq!(all_of(&link.stderr).await, "panicked: something odd\n");
}

#[tokio::test]
async fn it_may_leave_from_anywhere() {
    let link = start(|ends| ends.leave(Exit::Status(9)));
    assert_eq!(exit_of(&link).await, Exit::Status(9));
    assert_eq!(all_of(&link.stderr).await, "");
}

#[tokio::test]
async fn one_that_does_not_stop_is_given_up() {
    let (let_go, held) = std::sync::mpsc::channel::<()>();
    let link = start(move |_| {
        let _ = held.recv();
        Exit::Status(0)
    });
    link.life.terminate();
    assert!(timeout(GRACE, link.life.wait()).await.is_err());
    link.life.kill();
    assert_eq!(exit_of(&link).await, Exit::Abandoned);
    drop(let_go);
}

#[tokio::test]
async fn what_it_used_is_known_when_it_has_left() {
    let link = start(|_| {
        while cpu_seconds_of_this_thread() < 0.02 {}
        Exit::Status(0)
    });
    exit_of(&link).await;
    assert!(link.life.cpu_seconds() >= 0.02);
}

#[tokio::test]
async fn a_life_that_is_dropped_is_told_to_stop() {
    let (tell, told) = std::sync::mpsc::channel();
    let link = start(move |ends| {
        let _ = tell.send(ends.read(&mut [0; 8]).is_err());
        Exit::Status(0)
    });
    let Link { life, stdin, .. } = link;
    drop(life);
    let told = tokio::task::spawn_blocking(move || told.recv_timeout(SOON));
    assert!(told.await.unwrap().unwrap());
    drop(stdin);
}

#[test]
fn a_thread_that_is_in_its_folder_already_changes_it_for_itself_alone() {
    let here = std::env::current_dir().unwrap();
    let there = here.clone();
    let gone_to = std::thread::spawn(move || {
        enter(&there).unwrap();
        std::env::set_current_dir("/").unwrap();
        std::env::current_dir().unwrap()
    });
    assert_eq!(gone_to.join().unwrap(), std::path::Path::new("/"));
    assert_eq!(std::env::current_dir().unwrap(), here);
}

#[tokio::test]
async fn the_clock_of_one_that_waits_for_others_stands() {
    let link = start(|ends| {
        ends.hold_clock(true);
        std::thread::sleep(GRACE);
        ends.hold_clock(false);
        ends.write(b"through").unwrap();
        let _ = ends.read(&mut [0; 8]);
        Exit::Status(0)
    });
    link.stdout.readable().await.unwrap();
    let held_up = link.life.held_up();
    assert!(held_up >= GRACE);
    std::thread::sleep(Duration::from_millis(20));
    assert_eq!(link.life.held_up(), held_up);
}
